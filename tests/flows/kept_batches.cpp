#include <sluice/operators/cache.hpp>
#include <sluice/operators/collect.hpp>
#include <sluice/operators/count.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/named.hpp>
#include <sluice/operators/reduce_by_key.hpp>
#include <sluice/outputs/foreach_rdd.hpp>
#include <sluice/sources/channel_stream.hpp>
#include <sluice/testing/harness.hpp>

#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <string>
#include <thread>

using namespace sluice;
using namespace std::chrono_literals;

// Batches that are used later, elsewhere, or by several at once.

TEST_CASE("a batch of every kind is run after its context is gone")
{
    std::vector<RDD<std::pair<int, int>>> kept;
    {
        testing::Harness harness{{.master = "local[2]"}};
        auto source = channelStream<int>(harness.context());
        auto const pairs = source.stream | map([offset = std::make_shared<int>(5)](int x) { return std::pair{x % 2, x + *offset}; });
        auto const keep = foreachRDD([&](auto batch) { kept.emplace_back(batch); });
        pairs | keep;
        pairs | cache() | keep;
        pairs | reduceByKey(std::plus{}, 1) | keep;
        harness.start();
        for (int i = 0; i < 4; ++i) source.channel.push(i);
        harness.advance(1s);
        for (int i = 0; i < 4; ++i) source.channel.push(100);
        harness.advance(2s);
    }
    using Pairs = std::vector<std::pair<int, int>>;
    CHECK((kept[0] | collect()) == Pairs{{0, 5}, {1, 6}, {0, 7}, {1, 8}});
    CHECK((kept[1] | collect()) == Pairs{{0, 5}, {1, 6}, {0, 7}, {1, 8}});
    CHECK((kept[2] | collect()) == Pairs{{0, 12}, {1, 14}});
}

TEST_CASE("the error of a batch that outlives its context still tells the name")
{
    std::optional<RDD<int>> kept;
    {
        testing::Harness harness;
        auto source = channelStream<int>(harness.context());
        source.stream | map([](int x) { return x > 0 ? throw std::runtime_error{"late"} : x; }) | named(std::string(40, 'n')) |
            foreachRDD([&](auto batch) { kept = batch; });
        harness.start();
        source.channel.push(1);
        harness.advance(1s);
    }
    CHECK_THROWS_WITH_AS(*kept | collect(), doctest::Contains((" \"" + std::string(40, 'n') + "\" (").c_str()), StreamError);
}

TEST_CASE("a cached batch is freed when its batch is done, or when it need not be remembered any more")
{
    for (Duration const remember : {0s, 2s}) {
        testing::Harness harness{{.master = "local[2]"}};
        if (remember > 0s) harness.context().remember(remember);
        auto source = channelStream<int>(harness.context());
        auto const value = std::make_shared<int>(1);
        source.stream | map([&](int) { return value; }) | cache() | foreachRDD([](auto batch) { static_cast<void>(batch | count()); });
        harness.start();
        for (int i = 0; i < 10; ++i) source.channel.push(i);
        harness.advance(1s);
        CHECK(value.use_count() == (remember > 0s ? 11 : 1));
        harness.advance(1s);
        CHECK(value.use_count() == (remember > 0s ? 11 : 1));
        harness.advance(1s);
        CHECK(value.use_count() == 1);
    }
}

TEST_CASE("other threads run batches while the next ones are made")
{
    testing::Harness harness{{.master = "local[2]"}};
    harness.context().remember(3s);
    auto source = channelStream<int>(harness.context());
    auto const cached = source.stream | map([](int x) { return x + 1; }) | cache();
    auto const sums = cached | map([](int x) { return std::pair{x % 3, x}; }) | reduceByKey(std::plus{});
    std::vector<std::thread> threads;
    std::atomic<int> wrong = 0;
    std::atomic<int> ran = 0;
    cached | foreachRDD([&](auto batch, Time t) {
        auto const use = [&wrong, &ran, batch] {
            auto const all = batch | collect();
            if (!all.empty() && (all.size() != 50 || all[0] != 1 || all[49] != 50)) ++wrong;
            ++ran;
        };
        if (t.milliseconds() % 2000 == 0) static_cast<void>(batch | collect());
        threads.emplace_back(use);
        threads.emplace_back(use);
    });
    sums | foreachRDD([&](auto batch) {
        threads.emplace_back([&wrong, &ran, batch] {
            if ((batch | collect()).size() > 3) ++wrong;
            ++ran;
        });
        if ((batch | collect()).size() > 3) ++wrong;
    });
    harness.start();
    for (int round = 0; round < 10; ++round) {
        for (int i = 0; i < 50; ++i) source.channel.push(i);
        harness.advance(1s);
    }
    for (auto& thread : threads) thread.join();
    CHECK(ran == 30);
    CHECK(wrong == 0);
}
