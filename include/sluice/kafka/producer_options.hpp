#pragma once

#include <sluice/stream/time.hpp>

#include <string>
#include <utility>
#include <vector>

namespace sluice::inline SLUICE_ABI::kafka {

/// How `kafka::writeTo` writes.
///
/// ```cpp
/// kafka::ProducerOptions const options{.brokers = "localhost:9092", .properties = {{"compression.type", "lz4"}}};
/// CHECK(options.timeout == 30s);
/// ```
struct ProducerOptions {
    /// The brokers that are asked first, `host:port,host:port`: they name the others.
    std::string brokers{};
    /// Where it is not empty: the records of a batch are one transaction, and a batch that was committed is known by its time, and is not
    /// written again. The same in each life of a program, and no other output's: who begins with it later fences who has it.
    std::string transactionalId{};
    /// How long a record may take until brokers have it, and how long they may keep silent, before the batch fails.
    Duration timeout{std::chrono::seconds{30}};
    /// What librdkafka is to be told beside, by its own names: `{"compression.type", "lz4"}`. What the output says itself is refused.
    std::vector<std::pair<std::string, std::string>> properties{};
};

}  // namespace sluice::inline SLUICE_ABI::kafka
