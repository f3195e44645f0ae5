#include <sluice/kafka/offset_range.hpp>

#include <doctest/doctest.h>

#include <string>

using namespace sluice;

TEST_CASE("ranges have a text, as Spark's have, and count offsets")
{
    CHECK(textOf(kafka::OffsetRange{"t", 3, 10, 15}) == "OffsetRange(topic: t, partition: 3, range: [10 -> 15])");
    CHECK(kafka::OffsetRange{"t", 3, 10, 15} == kafka::OffsetRange{"t", 3, 10, 15});
    CHECK(kafka::OffsetRange{"t", 3, 10, 15} != kafka::OffsetRange{"t", 3, 10, 16});
    CHECK(kafka::OffsetRange{"t", 3, 10, 15}.count() == 5);
    CHECK(kafka::OffsetRange{"t", 3, 10, 10}.count() == 0);
    constexpr std::int64_t far = std::int64_t{1} << 62;
    CHECK(kafka::OffsetRange{"t", 0, 0, far}.count() == far);
}

TEST_CASE("partitions are in the order of topics, and of numbers, not of their digits")
{
    CHECK(kafka::TopicPartition{"a", 10} < kafka::TopicPartition{"b", 9});
    CHECK(kafka::TopicPartition{"a", 9} < kafka::TopicPartition{"a", 10});
    CHECK(kafka::TopicPartition{"a", 9} == kafka::TopicPartition{"a", 9});
    CHECK(kafka::PartitionOffset{"a", 0, 1} != kafka::PartitionOffset{"a", 0, 2});
}
