#include <sluice/stream/wide_stream.hpp>

#include <sluice/operators/collect.hpp>
#include <sluice/operators/count.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/reduce.hpp>
#include <sluice/operators/reduce_by_key.hpp>
#include <sluice/outputs/foreach_rdd.hpp>
#include <sluice/runtime/interval_clock.hpp>
#include <sluice/testing/run_batches.hpp>

#include <doctest/doctest.h>

#include <functional>

using namespace sluice;
using namespace std::chrono_literals;
using testing::Batches;

namespace {

constexpr auto keep = [](auto& out) {
    return foreachRDD([&out](auto batch) { out = batch | collect(); });
};

}  // namespace

TEST_CASE("an exchange is made once a batch, however many outputs stand below it; narrow steps once for each")
{
    IntervalClock clock{1s};
    int mapped = 0;
    int reduced = 0;
    int below = 0;
    auto const sums = testing::literalStream<int>(clock, {{1, 1, 1}, {2, 2}}) | map([&](int x) {
        ++mapped;
        return std::pair{x, 1};
    }) | reduceByKey([&](int a, int b) {
        ++reduced;
        return a + b;
    }, 1);
    auto const values = sums | map([&](std::pair<int, int> p) {
        ++below;
        return p.second;
    });
    std::vector<int> a;
    std::vector<int> b;
    values | keep(a);
    values | keep(b);
    clock.poll(Time{0s});
    clock.poll(Time{1s});
    CHECK(a == std::vector{3});
    CHECK(b == a);
    CHECK(mapped == 3);
    CHECK(reduced == 2);
    CHECK(below == 2);
    clock.poll(Time{2s});
    CHECK(b == std::vector{2});
    CHECK(mapped == 5);
    CHECK(reduced == 3);
}

TEST_CASE("the same operator value piped twice makes two nodes")
{
    IntervalClock clock{1s};
    int reduced = 0;
    auto const sum = reduceByKey([&](int a, int b) {
        ++reduced;
        return a + b;
    });
    auto const pairs = testing::literalStream<std::pair<int, int>>(clock, {{{1, 1}, {1, 2}}});
    auto const first = pairs | sum;
    auto const second = pairs | sum;
    CHECK(&first.node().impl() != &second.node().impl());
    CHECK(&first.node().impl() == &(decltype(first){first}).node().impl());
    std::vector<std::pair<int, int>> a;
    std::vector<std::pair<int, int>> b;
    first | keep(a);
    second | keep(b);
    clock.poll(Time{0s});
    clock.poll(Time{1s});
    CHECK(a == std::vector{std::pair{1, 3}});
    CHECK(b == a);
    CHECK(reduced == 2);
}

TEST_CASE("an action on a stream is one record a batch, made once")
{
    IntervalClock clock{1s};
    int mapped = 0;
    auto const counts = testing::literalStream<int>(clock, {{4, 5}}) | map([&](int x) {
        ++mapped;
        return x;
    }) | count();
    std::vector<std::int64_t> a;
    std::vector<std::int64_t> b;
    counts | keep(a);
    counts | keep(b);
    clock.poll(Time{0s});
    clock.poll(Time{1s});
    CHECK(a == std::vector<std::int64_t>{2});
    CHECK(b == a);
    CHECK(mapped == 2);
}

TEST_CASE("the reduction of an empty batch is an empty one, of no RDD none")
{
    Batches<int> const in{{1, 2}, {}, std::nullopt, {5}};
    CHECK(testing::runBatches(in, [](auto s) { return s | reduce(std::plus{}); }) == Batches<int>{{3}, {}, std::nullopt, {5}});
    CHECK(testing::runBatches(in, [](auto s) { return s | map([](int x) { return std::pair{0, x}; }) | reduceByKey(std::plus{}); }) ==
          Batches<std::pair<int, int>>{{{0, 3}}, {}, std::nullopt, {{0, 5}}});
}

TEST_CASE("the count of no RDD is an error that names it")
{
    CHECK_THROWS_WITH_AS(testing::runBatches(Batches<int>{std::nullopt}, [](auto s) { return s | count(); }),
                         doctest::Contains("sluice::count ("), StreamError);
    CHECK_THROWS_WITH_AS(testing::runBatches(Batches<int>{std::nullopt}, [](auto s) { return s | count(); }),
                         doctest::Contains("there is no RDD of its stream at 1000 ms"), StreamError);
}

TEST_CASE("wide operators stand behind one another")
{
    auto const out = testing::runBatches(Batches<int>{{1, 2, 3, 4, 5}}, [](auto s) {
        return s | map([](int x) { return std::pair{x % 3, x}; }) | reduceByKey(std::plus{}) | map([](auto const& p) { return std::pair{0, p.second}; }) |
               reduceByKey(std::plus{}) | map([](auto const& p) { return p.second; }) | count();
    });
    CHECK(out == Batches<std::int64_t>{{1}});
}
