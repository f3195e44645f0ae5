#pragma once

#include <sluice/kafka/offset_range.hpp>
#include <sluice/stream/time.hpp>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace sluice::inline SLUICE_ABI::kafka {

/// Where a partition begins of which nothing else says it: no checkpoint, no offset of the subscription, none that the group has
/// committed.
///
/// ```cpp
/// CHECK(kafka::Options{}.startingOffsets == kafka::StartingOffsets::latest);
/// ```
enum class StartingOffsets {
    latest,   ///< behind what is there when the context starts
    earliest  ///< with the first record that there is
};

/// What becomes of a batch whose next offset is not there any more, because the topic keeps its records for a limited time, or was made
/// anew.
///
/// ```cpp
/// CHECK(kafka::Options{}.onLostOffsets == kafka::OnLostOffsets::fail);
/// ```
enum class OnLostOffsets {
    fail,      ///< it fails, and says which offsets are lost
    earliest,  ///< it goes on with the first record that there is, and the log says what is lost
    latest     ///< it goes on behind the last one, and the log says what is left out
};

/// Which records of transactions are read.
///
/// ```cpp
/// CHECK(kafka::Options{}.isolation == kafka::Isolation::readCommitted);
/// ```
enum class Isolation {
    readCommitted,   ///< those of transactions that were committed; what follows an open transaction waits for its end
    readUncommitted  ///< all, also those of transactions that were aborted or are open
};

/// How a direct stream reads.
///
/// ```cpp
/// kafka::Options const options{.brokers = "localhost:9092", .startingOffsets = kafka::StartingOffsets::earliest};
/// CHECK(options.timeout == 30s);
/// ```
struct Options {
    /// The brokers that are asked first, `host:port,host:port`: they name the others.
    std::string brokers{};
    /// The group whose committed offsets say where to begin, and to which `commitAsync` commits. Empty: none. The stream does not join
    /// it: it reads all partitions that it subscribes to, whoever else reads them.
    std::string groupId{};
    StartingOffsets startingOffsets = StartingOffsets::latest;
    OnLostOffsets onLostOffsets = OnLostOffsets::fail;
    Isolation isolation = Isolation::readCommitted;
    /// Records a second that a batch takes of each partition at most; 0: no limit. Beside it `Config::receiverMaxRate` and back pressure
    /// limit the whole stream.
    double maxRatePerPartition = 0;
    /// Records that a batch takes of each partition that has them at least, whatever rates say, so that none starves.
    std::int64_t minRecordsPerPartition = 1;
    /// How often it looks for partitions, and for topics of a pattern, that are new: by the times of batches. 0: in each batch. They are
    /// read from their first record.
    Duration discoveryInterval{std::chrono::seconds{30}};
    /// How long brokers may keep silent before a start or a batch fails.
    Duration timeout{std::chrono::seconds{30}};
    /// What librdkafka is to be told beside, by its own names: `{"security.protocol", "ssl"}`. What the stream says itself is refused.
    std::vector<std::pair<std::string, std::string>> properties{};
};

}  // namespace sluice::inline SLUICE_ABI::kafka
