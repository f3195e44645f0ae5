#include <sluice/operators/collect.hpp>
#include <sluice/operators/filter.hpp>
#include <sluice/operators/foreach_partition.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/reduce_by_key.hpp>
#include <sluice/operators/sum.hpp>
#include <sluice/testing/run_batches.hpp>

#include "../verify.hpp"
#include "laws.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <stdexcept>

using namespace sluice;
using namespace sluice::tests;

namespace {

constexpr int numbers[] = {1, 2, 3, 4, 5, 6, 7};
using Parts = std::vector<std::vector<int>>;

static_assert(std::is_void_v<decltype(rdd(numbers) | foreachPartition([](auto) {}))>);

// What it takes.
template <class F>
constexpr bool accepts = detail::ForeachPartition<F>::template accepts<detail::Slices<int>>;
static_assert(accepts<decltype([](auto) {})> && accepts<decltype([](RDD<int>) {})> && accepts<decltype([](auto, std::size_t) {})>);
static_assert(!accepts<decltype([](int) {})>);
static_assert(!accepts<decltype([n = 0](auto) mutable { ++n; })>, "several threads call it at once");

constexpr std::int64_t sumOfSums(auto const& batch)
{
    std::int64_t all = 0;
    batch | foreachPartition([&all](auto one) { all = 10 * all + (one | sum()); });
    return all;
}

Parts partsOf(auto const& batch)
{
    Parts parts(batch.numPartitions());
    batch | foreachPartition([&parts](auto one, std::size_t p) {
        CHECK(one.numPartitions() == 1);
        parts[p] = one | collect();
    });
    return parts;
}

}  // namespace

TEST_CASE("foreachPartition calls f with each partition, empty ones too")
{
    VERIFY(sumOfSums(rdd({1, 2, 3, 4}, 2)) == 37);
    VERIFY(sumOfSums(rdd({1}, 3)) == 1);
    VERIFY(sumOfSums(rdd({1, 2, 3}, 3) | filter([](int x) { return x != 2; })) == 103);
    int calls = 0;
    rdd(std::vector<int>{}, 3) | foreachPartition([&calls](auto) { ++calls; });
    CHECK(calls == 3);
}

TEST_CASE("its batches have the records of their partitions, in order")
{
    CHECK(partsOf(rdd(numbers, 3)) == Parts{{1, 2}, {3, 4}, {5, 6, 7}});
    RDD<int> const any = rdd(numbers, 3) | map([](int x) { return -x; });
    CHECK(partsOf(any) == Parts{{-1, -2}, {-3, -4}, {-5, -6, -7}});
}

TEST_CASE("a batch of one partition may be used several times, and kept")
{
    std::vector<RDD<int>> kept;
    {
        auto const batch = rdd(std::vector{1, 2, 3, 4}, 2) | map([big = std::vector<int>(100, 1)](int x) { return x + big[0]; });
        batch | foreachPartition([&kept](RDD<int> one) {
            CHECK((one | sum()) == (one | sum()));
            kept.push_back(one);
        });
    }
    REQUIRE(kept.size() == 2);
    CHECK((kept[1] | collect()) == std::vector{4, 5});
}

TEST_CASE("foreachPartition runs what its batch stands on, and f may have exchanges of its own")
{
    auto const counts = rdd(numbers, 3) | map([](int x) { return std::pair{x % 2, x}; }) | reduceByKey(std::plus{}, 2);
    std::int64_t all = 0;
    counts | foreachPartition([&all](auto one) {
        all += one | map([](auto const& p) { return std::pair{0, p.second}; }) | reduceByKey(std::plus{}) |
               map([](auto const& p) { return p.second; }) | sum();
    });
    CHECK(all == 28);
}

TEST_CASE("foreachPartition in foreachRDD, on workers too")
{
    for (auto const* master : {"inline", "local[2]"}) {
        std::atomic<int> calls = 0;
        std::atomic<std::int64_t> all = 0;
        ManualClock const clock;
        StreamingContext context{{.master = master, .clock = clock, .exclusive = false}, std::chrono::seconds{1}};
        testing::literalStream<int>(context, {{1, 2, 3, 4, 5}, {}, std::nullopt}, 4) | foreachRDD([&](auto batch) {
            batch | foreachPartition([&](auto one) {
                ++calls;
                all += one | sum();
            });
        });
        context.start();
        clock.advance(std::chrono::seconds{3});
        context.awaitBatches();
        context.stop();
        CHECK(calls == 8);
        CHECK(all == 15);
    }
}

TEST_CASE("what f throws names the foreachPartition and its line; what its operators throw names them; both the partition")
{
    int const line = __LINE__ + 1;
    auto const throwing = foreachPartition([](auto one) { return (one | sum()) == 11 ? throw std::domain_error{"eleven"} : 0; });
    auto const failure = failureOf([&] { rdd(numbers, 3) | filter([](int x) { return x != 7; }) | throwing; });
    CHECK(failure.kind == "foreachPartition");
    CHECK(failure.line == line);
    CHECK(failure.partition == 2);
    CHECK(failure.cause == "eleven");

    auto const four = map([](int x) { return x == 4 ? throw std::out_of_range{"four"} : x; });
    for (auto const& inner : {failureOf([&] { rdd(numbers, 3) | four | foreachPartition([](auto one) { return one | sum(); }); }),
                              failureOf([&] { rdd(numbers, 3) | foreachPartition([&](auto one) { return one | four | sum(); }); })}) {
        CHECK(inner.kind == "map");
        CHECK(inner.partition == 1);
        CHECK(inner.cause == "four");
    }
}
