#pragma once

#include <sluice/batch/error.hpp>
#include <sluice/codec/text.hpp>

#include <compare>
#include <cstdint>
#include <string>

namespace sluice::inline SLUICE_ABI {

namespace kafka {

/// One partition of a topic.
///
/// ```cpp
/// CHECK(kafka::TopicPartition{"words", 0} < kafka::TopicPartition{"words", 1});
/// ```
struct TopicPartition {
    std::string topic;
    std::int32_t partition = 0;

    friend auto operator<=>(TopicPartition const&, TopicPartition const&) = default;
};

/// Where to begin in a partition: its next record has this offset, or the first that there is behind it.
///
/// ```cpp
/// kafka::PartitionOffset const at{"words", 0, 1000};
/// CHECK(at.offset == 1000);
/// ```
struct PartitionOffset {
    std::string topic;
    std::int32_t partition = 0;
    std::int64_t offset = 0;

    friend bool operator==(PartitionOffset const&, PartitionOffset const&) = default;
};

/// What a batch has of one partition: the offsets from `fromOffset` on, up to `untilOffset`, which does not belong to it.
///
/// ```cpp
/// kafka::OffsetRange const range{"words", 0, 10, 15};
/// CHECK(range.count() == 5);
/// CHECK(textOf(range) == "OffsetRange(topic: words, partition: 0, range: [10 -> 15])");
/// ```
struct OffsetRange {
    std::string topic;
    std::int32_t partition = 0;
    std::int64_t fromOffset = 0;
    std::int64_t untilOffset = 0;

    /// How many offsets: there are fewer records where a topic is compacted, or has transactions.
    [[nodiscard]] std::int64_t count() const { return untilOffset - fromOffset; }

    friend bool operator==(OffsetRange const&, OffsetRange const&) = default;
};

}  // namespace kafka

template <>
struct TextOf<kafka::OffsetRange> {
    SLUICE_COLD static void append(std::string& out, kafka::OffsetRange const& range)
    {
        out +=
            detail::concat({"OffsetRange(topic: ", range.topic, ", partition: ", detail::Digits{std::int64_t{range.partition}}.text(),
                            ", range: [", detail::Digits{range.fromOffset}.text(), " -> ", detail::Digits{range.untilOffset}.text(), "])"});
    }
};

}  // namespace sluice::inline SLUICE_ABI
