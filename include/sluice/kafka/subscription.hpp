#pragma once

#include <sluice/kafka/offset_range.hpp>

#include <string>
#include <utility>
#include <vector>

namespace sluice::inline SLUICE_ABI::kafka {

/// Which partitions a direct stream reads: what `subscribe`, `subscribePattern` and `assign` give.
///
/// ```cpp
/// kafka::Subscription const words = kafka::subscribe({"words"});
/// CHECK(words.topics.size() == 1);
/// ```
struct Subscription {
    std::vector<std::string> topics{};         ///< all partitions of these,
    std::string pattern{};                     ///< of those whose names it matches,
    std::vector<TopicPartition> partitions{};  ///< or these alone
    std::vector<PartitionOffset> offsets{};    ///< where to begin, before what a group has committed
};

/// All partitions of these topics, also those that are added later. A topic that is not there fails the start.
///
/// ```cpp
/// auto const from = kafka::subscribe({"words"}, {{"words", 0, 1000}});
/// CHECK(from.offsets[0].offset == 1000);
/// ```
[[nodiscard]] inline Subscription subscribe(std::vector<std::string> topics, std::vector<PartitionOffset> offsets = {})
{
    return {std::move(topics), {}, {}, std::move(offsets)};
}

/// All partitions of the topics whose whole names an extended regular expression of POSIX matches, also of those that are made later.
/// Kafka's own topics, as `__consumer_offsets`, are none of them.
///
/// ```cpp
/// CHECK(kafka::subscribePattern("words-[a-z]+").pattern == "words-[a-z]+");
/// ```
[[nodiscard]] inline Subscription subscribePattern(std::string pattern, std::vector<PartitionOffset> offsets = {})
{
    return {{}, std::move(pattern), {}, std::move(offsets)};
}

/// These partitions alone.
///
/// ```cpp
/// CHECK(kafka::assign({{"words", 0}, {"words", 3}}).partitions.size() == 2);
/// ```
[[nodiscard]] inline Subscription assign(std::vector<TopicPartition> partitions, std::vector<PartitionOffset> offsets = {})
{
    return {{}, {}, std::move(partitions), std::move(offsets)};
}

}  // namespace sluice::inline SLUICE_ABI::kafka
