#include <sluice/operators/count.hpp>
#include <sluice/outputs/foreach_rdd.hpp>
#include <sluice/sources/channel_stream.hpp>
#include <sluice/testing/harness.hpp>

#include <doctest/doctest.h>

#include <thread>

using namespace sluice;
using namespace std::literals;

TEST_CASE("advance returns when every batch that became due is done")
{
    testing::Harness harness{{.master = "local[2]"}, 100ms};
    auto [channel, numbers] = channelStream<int>(harness.context());
    std::vector<std::pair<Time, std::int64_t>> seen;
    numbers | foreachRDD([&](auto batch, Time t) { seen.emplace_back(t, batch | count()); });
    harness.start();
    channel.push(1);
    channel.push(2);
    harness.advance(100ms);
    CHECK(seen == std::vector<std::pair<Time, std::int64_t>>{{Time{100ms}, 2}});
    channel.push(3);
    harness.advance(250ms);
    CHECK(seen.size() == 3);
    CHECK(seen[1].second == 1);
    CHECK(seen[2].second == 0);
    CHECK(harness.clock().now() == Time{350ms});
}

TEST_CASE("awaitReceived waits for what other threads store")
{
    testing::Harness harness;
    auto [channel, numbers] = channelStream<int>(harness.context());
    std::int64_t seen = 0;
    numbers | foreachRDD([&](auto batch) { seen += batch | count(); });
    harness.start();
    std::thread other{[channel = channel] {
        for (int i = 0; i < 1000; ++i) channel.push(i);
    }};
    harness.awaitReceived(1000);
    harness.advance(1s);
    CHECK(seen == 1000);
    other.join();
}

TEST_CASE("a harness is not exclusive, and runs on its own clock")
{
    testing::Harness one;
    testing::Harness two;
    auto [first, a] = channelStream<int>(one.context());
    auto [second, b] = channelStream<int>(two.context());
    std::int64_t seen = 0;
    a | foreachRDD([&](auto batch) { seen += batch | count(); });
    b | foreachRDD([&](auto batch) { seen += batch | count(); });
    one.start();
    two.start();
    first.push(1);
    second.push(2);
    one.advance(1s);
    CHECK(seen == 1);
    two.advance(1s);
    CHECK(seen == 2);
}
