#include <sluice/runtime/accumulator.hpp>

#include <sluice/operators/filter.hpp>
#include <sluice/operators/foreach.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/outputs/foreach_rdd.hpp>
#include <sluice/testing/run_batches.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <thread>

using namespace sluice;
using namespace std::chrono_literals;

TEST_CASE("what all threads add is in the value")
{
    LongAccumulator const sum{"sum"};
    CollectionAccumulator<int> const items;
    std::vector<std::thread> threads;
    for (int t = 0; t < 20; ++t) {
        threads.emplace_back([sum, items, t] {  // handles are captured by value
            for (int i = 0; i < 1000; ++i) sum.add(i);
            items.add(t);
        });
    }
    for (auto& thread : threads) thread.join();
    CHECK(sum.value().sum == 20 * 499'500);
    CHECK(sum.value().count == 20'000);
    auto all = items.value().items;
    std::sort(all.begin(), all.end());
    REQUIRE(all.size() == 20);
    for (int t = 0; t < 20; ++t) CHECK(all[static_cast<std::size_t>(t)] == t);
    CHECK(sum.name() == "sum");
    CHECK(items.name().empty());
}

TEST_CASE("an accumulator begins empty, and again after a reset")
{
    DoubleAccumulator const sum;
    CHECK(sum.value().count == 0);
    CHECK(std::isnan(sum.value().avg()));
    sum.add(1.5);
    sum.add(2);
    CHECK(sum.value().sum == 3.5);
    CHECK(sum.value().avg() == 1.75);
    auto const copy = sum;
    copy.reset();
    CHECK(sum.value().sum == 0);
}

TEST_CASE("tasks on several workers add, batch after batch")
{
    LongAccumulator const dropped;
    auto const out = testing::runBatches<int>(
        {{1, -1, 2, -2}, {-3}, {}},
        [&](auto in) { return in | filter([dropped](int x) { return x > 0 || (dropped.add(1), false); }); },
        {.partitions = 4, .master = "local[4]"});
    CHECK(out == testing::Batches<int>{{1, 2}, {}, {}});
    CHECK(dropped.value().sum == 3);
}

TEST_CASE("what a task adds counts, though its batch fails; and for each output that runs it")
{
    LongAccumulator const seen;
    auto const bad = rdd({1, 2, 3}) | map([seen](int x) {
                         seen.add(1);
                         if (x == 2) throw std::runtime_error{"two"};
                         return x;
                     });
    CHECK_THROWS_AS(bad | foreach([](int) {}), StreamError);
    CHECK(seen.value().sum == 2);
    seen.reset();
    auto const good = rdd({1, 2}) | map([seen](int x) { return seen.add(1), x; });
    good | foreach([](int) {});
    good | foreach([](int) {});
    CHECK(seen.value().sum == 4);
}
