#include <sluice/kafka/subscription.hpp>

#include "refusal.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace sluice;
using kafka_test::has;
using kafka_test::refusal;

TEST_CASE("each way to subscribe says which partitions, and where they begin")
{
    auto const topics = kafka::subscribe({"a", "b"}, {{"b", 1, 7}});
    CHECK(topics.topics == std::vector<std::string>{"a", "b"});
    CHECK((topics.pattern.empty() && topics.partitions.empty()));
    CHECK(topics.offsets == std::vector{kafka::PartitionOffset{"b", 1, 7}});
    auto const pattern = kafka::subscribePattern("a.*");
    CHECK(pattern.pattern == "a.*");
    CHECK((pattern.topics.empty() && pattern.partitions.empty() && pattern.offsets.empty()));
    auto const some = kafka::assign({{"a", 3}, {"a", 0}});
    CHECK(some.partitions == std::vector{kafka::TopicPartition{"a", 3}, kafka::TopicPartition{"a", 0}});
    CHECK((some.topics.empty() && some.pattern.empty() && some.offsets.empty()));
}

TEST_CASE("what a subscription cannot be")
{
    CHECK(has(refusal({}), "sluice::kafka::createDirectStream ("));
    CHECK(has(refusal({}), "the subscription must name topics, or a pattern, or partitions"));
    CHECK(has(refusal({.topics = {"a"}, .pattern = "b"}), "the subscription must name topics, or a pattern, or partitions"));
    CHECK(has(refusal(kafka::subscribe({""})), "a topic has no name"));
    CHECK(has(refusal(kafka::subscribePattern("a[")), "subscribePattern(\"a[\"): "));
    CHECK(has(refusal(kafka::assign({{"a", -1}})), "topic a, partition -1: neither it nor its offset can be less than 0"));
    CHECK(has(refusal(kafka::subscribe({"a"}, {{"a", 0, -5}})), "topic a, partition 0: neither it nor its offset can be less than 0"));
    CHECK(has(refusal(kafka::subscribe({"a"}, {{"b", 0, 5}})), "an offset is given for topic b, partition 0, which is not subscribed to"));
    CHECK(
        has(refusal(kafka::assign({{"a", 0}}, {{"a", 1, 5}})), "an offset is given for topic a, partition 1, which is not subscribed to"));
    CHECK(has(refusal(kafka::subscribePattern("a+"), {.brokers = ""}), "Options::brokers is empty"));
    CHECK(has(refusal(kafka::subscribePattern("a+", {{"b", 0, 5}})), "an offset is given for topic b, partition 0"));
}
