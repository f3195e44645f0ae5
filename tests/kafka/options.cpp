#include <sluice/kafka.hpp>
#include <sluice/sluice.hpp>
#include <sluice/testing.hpp>

#include "refusal.hpp"

#include <doctest/doctest.h>

#include <string>

// What needs no broker.

using namespace sluice;
using namespace std::literals;
using kafka_test::has;
using kafka_test::refusal;

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
