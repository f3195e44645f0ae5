#include <sluice/io/socket.hpp>
#include <sluice/kafka.hpp>
#include <sluice/sluice.hpp>
#include <sluice/testing.hpp>

#include "errors.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

// What needs no broker.

using namespace sluice;
using namespace std::literals;
using detail::kafkaShares;
using kafka_test::errorOf;
using kafka_test::has;

namespace {

using Shares = std::vector<std::int64_t>;

/// What createDirectStream says.
std::string refusal(kafka::Subscription const& subscription, kafka::Options options = {.brokers = "127.0.0.1:1"})
{
    return errorOf([&] {
        testing::Harness harness;
        CHECK_THROWS_AS(static_cast<void>(kafka::createDirectStream(harness.context(), subscription, options)), InvalidArgument);
        static_cast<void>(kafka::createDirectStream(harness.context(), subscription, options));
    });
}
}  // namespace

TEST_CASE("a rate is divided among partitions in the proportion of what waits")
{
    CHECK(kafkaShares({}, {}).empty());
    CHECK(kafkaShares({{5, 1}, {0, 1}}, {}) == Shares{5, 0});
    CHECK(kafkaShares({{5, 1}, {0, 1}}, {.records = 5}) == Shares{5, 0});
    CHECK(kafkaShares({{900, 1}, {90, 1}, {10, 1}}, {.records = 100}) == Shares{90, 9, 1});
    CHECK(kafkaShares({{900, 1}, {90, 1}, {9, 1}}, {.records = 10}) == Shares{9, 1, 1});  // each at least one,
    CHECK(kafkaShares({{900, 1}, {90, 1}, {9, 1}}, {.records = 10, .least = 0}) == Shares{9, 0, 0});
    CHECK(kafkaShares({{900, 1}, {0, 1}}, {.records = 0}) == Shares{1, 0});  // but what has none
    CHECK(kafkaShares({{900, 1}, {90, 1}}, {.ofPartition = 50}) == Shares{50, 50});
    CHECK(kafkaShares({{900, 1}, {90, 1}}, {.records = 110, .ofPartition = 50}) == Shares{50, 10});
    CHECK(kafkaShares({{900, 1}, {90, 1}}, {.ofPartition = 50, .least = 70}) == Shares{70, 70});
    CHECK(kafkaShares({{INT64_MAX / 2, 1}, {1, 1}}, {.records = 1000}) == Shares{1000, 1});
}

TEST_CASE("bytes bound all partitions together, and let each have a record")
{
    CHECK(kafkaShares({{100, 10}, {100, 30}}, {.bytes = 400}) == Shares{10, 10});
    CHECK(kafkaShares({{100, 10}, {100, 30}}, {.bytes = 4000}) == Shares{100, 100});
    CHECK(kafkaShares({{100, 1000}, {0, 30}, {1, 1}}, {.bytes = 400}) == Shares{1, 0, 1});
}

TEST_CASE("ranges and records have a text, as Spark's have")
{
    CHECK(textOf(kafka::OffsetRange{"t", 3, 10, 15}) == "OffsetRange(topic: t, partition: 3, range: [10 -> 15])");
    CHECK(kafka::OffsetRange{"t", 3, 10, 15} == kafka::OffsetRange{"t", 3, 10, 15});
    CHECK(kafka::OffsetRange{"t", 3, 10, 15} != kafka::OffsetRange{"t", 3, 10, 16});
    kafka::Record const record{.key = "", .value = "v", .topic = "t", .partition = 1, .offset = 7, .hasValue = true};
    CHECK(textOf(record) == "Record(topic: t, partition: 1, offset: 7, key: None, value: v)");
    CHECK(textOf(OwnedAs<kafka::Record>::own(record)) == textOf(record));
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

TEST_CASE("what options cannot be: by name, and with librdkafka's reason")
{
    auto const subscription = kafka::subscribe({"a"});
    std::string const brokers = "127.0.0.1:1";
    CHECK(has(refusal(subscription, {.brokers = brokers, .maxRatePerPartition = -1}), "Options::maxRatePerPartition must not be negative"));
    CHECK(has(refusal(subscription, {.brokers = brokers, .minRecordsPerPartition = -1}),
              "Options::minRecordsPerPartition must not be negative"));
    CHECK(has(refusal(subscription, {.brokers = brokers, .discoveryInterval = -1s}), "Options::discoveryInterval must not be negative"));
    CHECK(has(refusal(subscription, {.brokers = brokers, .timeout = 0s}), "Options::timeout must be positive"));
    auto const with = [&](std::string const& name, std::string const& value) {
        return refusal(subscription, {.brokers = brokers, .properties = {{name, value}}});
    };
    CHECK(has(with("no.such.property", "1"),
              "librdkafka refuses no.such.property = 1: No such configuration property: \"no.such.property\""));
    CHECK(has(with("fetch.min.bytes", "many"), "librdkafka refuses fetch.min.bytes = many: Invalid value"));
    CHECK(has(with("isolation.level", "read_uncommitted"),
              "the property isolation.level is not one for Options::properties: Options::isolation says it"));
    CHECK(has(with("enable.auto.commit", "true"),
              "enable.auto.commit is not one for Options::properties: offsets are committed by commitAsync"));
    CHECK(has(with("bootstrap.servers", "x"), "Options::brokers says it"));
    testing::Harness harness;
    static_cast<void>(
        kafka::createDirectStream(harness.context(), subscription, {.brokers = brokers, .properties = {{"fetch.min.bytes", "2"}}}));
}

TEST_CASE("drawings show the topics that are read and written")
{
    testing::Harness harness;
    auto const read = [&](kafka::Subscription const& from) {
        return kafka::createDirectStream(harness.context(), from, {.brokers = "127.0.0.1:1"}, {}) | map(&kafka::Record::value, {});
    };
    auto const write = kafka::writeTo("counts", {.brokers = "127.0.0.1:1"}, {});
    read(kafka::subscribe({"words", "more"})) | write;
    static_cast<void>(read(kafka::subscribePattern("w-.*")));
    static_cast<void>(read(kafka::assign({{"words", 0}, {"words", 3}})) | named("some"));
    CHECK(describe(harness.context()) ==
          "1 kafka::createDirectStream [topic words, topic more]\n"
          "2 map <- 1, fused\n"
          "3 kafka::writeTo [topic counts] <- 2\n"
          "4 kafka::createDirectStream [topics like w-.*], leads to no output\n"
          "5 map <- 4, fused, leads to no output\n"
          "6 kafka::createDirectStream [topic words, partition 0; topic words, partition 3], leads to no output\n"
          "7 map \"some\" <- 6, fused, leads to no output\n");
    CHECK(describe(map(&kafka::Record::value, {}) | write) == "1 map, fused\n2 kafka::writeTo [topic counts] <- 1\n");
    CHECK(has(toDot(harness.context()), "label=\"kafka::writeTo\\ntopic counts\", shape=octagon"));
}

TEST_CASE("brokers that refuse fail the start, which says who was asked, how long, and what they said")
{
    testing::Harness harness{{.log = silent}};
    kafka::createDirectStream(harness.context(), kafka::subscribe({"a"}), {.brokers = "127.0.0.1:1", .timeout = 300ms}) | print(0);
    auto const error = errorOf([&] { harness.start(); });
    CHECK(has(error, "sluice::kafka::createDirectStream ("));
    CHECK(has(error, "brokers 127.0.0.1:1 did not tell what topics there are within 300 ms: "));
    CHECK(has(error, "Connection refused"));
}

TEST_CASE("brokers that keep silent do so, too")
{
    io::Listener const server;  // nobody accepts, but the kernel
    auto const brokers = "127.0.0.1:" + std::to_string(server.port());
    testing::Harness harness{{.log = silent}};
    kafka::createDirectStream(harness.context(), kafka::subscribe({"a"}), {.brokers = brokers, .timeout = 300ms}) | print(0);
    CHECK(has(errorOf([&] { harness.start(); }), "brokers " + brokers + " did not tell what topics there are within 300 ms"));
}

TEST_CASE("deserialisers read what Kafka's own serialisers write, and the library's binary form")
{
    CHECK(kafka::Deserialiser<std::string_view>{}("text") == "text");
    CHECK(kafka::Deserialiser<std::int16_t>{}("\xff\xfe"sv) == -2);
    CHECK(kafka::Deserialiser<std::int32_t>{}("\0\0\1\2"sv) == 258);
    CHECK(kafka::Deserialiser<double>{}("\x3f\xf8\0\0\0\0\0\0"sv) == 1.5);
    CHECK(has(errorOf([] { static_cast<void>(kafka::Deserialiser<std::int32_t>{}("123")); }),
              "a number of 4 bytes is expected, there are 3"));
    auto const pair = std::pair{7, "seven"s};
    CHECK(kafka::Deserialiser<std::pair<int, std::string>>{}(encode(pair)) == pair);
    CHECK_THROWS_AS(static_cast<void>(kafka::Deserialiser<std::vector<int>>{}("\x7f")), CodecError);
}

TEST_CASE("what is mapped out of a record is known to lie in the batch")
{
    using Value = decltype(map(&kafka::Record::value));
    static_assert(detail::Narrow<detail::KafkaRecords, Value>::stable);
    static_assert(detail::KafkaRecords::stable && !detail::KafkaRecords::stored);
    CHECK(canOwn<kafka::Record>);
}
