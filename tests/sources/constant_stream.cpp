#include <sluice/operators/collect.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/reduce_by_key.hpp>
#include <sluice/outputs/foreach_rdd.hpp>
#include <sluice/runtime/interval_clock.hpp>
#include <sluice/sources/constant_stream.hpp>
#include <sluice/testing/harness.hpp>

#include <doctest/doctest.h>

#include <functional>

using namespace sluice;
using namespace std::chrono_literals;

namespace {

template <class Batch>
std::vector<std::vector<int>> batchesOf(Batch batch, int seconds)
{
    IntervalClock clock{1s};
    std::vector<std::vector<int>> seen;
    constantStream(clock, std::move(batch)) | foreachRDD([&](auto rdd) { seen.push_back(rdd | collect()); });
    clock.poll(Time{0s});
    clock.poll(Time{seconds * 1s});
    return seen;
}

using Batches = std::vector<std::vector<int>>;

}  // namespace

TEST_CASE("every batch is the same, with its partitions")
{
    CHECK(batchesOf(rdd({1, 2, 3}), 3) == Batches{{1, 2, 3}, {1, 2, 3}, {1, 2, 3}});
    CHECK(batchesOf(rdd(std::vector<int>{}, 4), 2) == Batches{{}, {}});
    testing::Harness harness;
    std::size_t partitions = 0;
    constantStream(harness.context(), rdd({1, 2, 3}, 7)) | foreachRDD([&](auto batch) { partitions = batch.numPartitions(); });
    harness.start();
    harness.advance(1s);
    CHECK(partitions == 7);
}

TEST_CASE("what it computes is computed in each batch, what it exchanges once")
{
    int computed = 0;
    auto const counted = [&computed](int n) { return ++computed, n; };
    CHECK(batchesOf(rdd({1, 2}) | map(counted), 3) == Batches{{1, 2}, {1, 2}, {1, 2}});
    CHECK(computed == 6);
    computed = 0;
    auto const sums = rdd({1, 2}) | map([counted](int n) { return std::pair{0, counted(n)}; }) | reduceByKey(std::plus{}) |
                      map([](int, int sum) { return sum; });
    CHECK(batchesOf(sums, 3) == Batches{{3}, {3}, {3}});
    CHECK(computed == 2);
}

TEST_CASE("an RDD of any expression") { CHECK(batchesOf(RDD<int>{rdd({4, 5}, 2)}, 2) == Batches{{4, 5}, {4, 5}}); }
