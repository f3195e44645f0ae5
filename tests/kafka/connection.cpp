#include <sluice/io/socket.hpp>
#include <sluice/kafka/connection.hpp>

#include "refusal.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace sluice;
using namespace std::literals;
using kafka_test::errorOf;
using kafka_test::has;

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
