#include <sluice/operators/collect.hpp>
#include <sluice/operators/count.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/reduce.hpp>
#include <sluice/operators/reduce_by_key.hpp>
#include <sluice/outputs/foreach_rdd.hpp>
#include <sluice/runtime/interval_clock.hpp>
#include <sluice/stream/wide_stream.hpp>
#include <sluice/testing/run_batches.hpp>

#include <doctest/doctest.h>

#include <functional>
#include <string>

using namespace sluice;
using namespace std::chrono_literals;

namespace {

constexpr auto keep = [](auto& out) { return foreachRDD([&out](auto batch) { out = batch | collect(); }); };

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
                      }) |
                      reduceByKey(
                          [&](int a, int b) {
                              ++reduced;
                              return a + b;
                          },
                          1);
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
                        }) |
                        count();
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

TEST_CASE("the reduction of an empty batch is an empty one, of no RDD none; the count of no RDD is an error")
{
    IntervalClock clock{1s};
    auto const in = testing::literalStream<int>(clock, {{1, 2}, {}, std::nullopt, {5}});
    std::string const source = std::string("sluice::literalStream (") + __FILE__ + ':' + std::to_string(__LINE__ - 1) + ')';
    std::vector<std::pair<Time, std::size_t>> sums;
    in | reduce(std::plus{}) | foreachRDD([&](auto batch, Time t) { sums.emplace_back(t, (batch | collect()).size()); });
    in | count() | foreachRDD([](auto const&) {});
    int const line = __LINE__ - 1;
    clock.poll(Time{0s});
    clock.poll(Time{2s});
    CHECK_THROWS_WITH_AS(clock.poll(Time{3s}),
                         ("sluice::count (" + std::string(__FILE__) + ':' + std::to_string(line) + "), batch 3000 ms: there is no RDD of " +
                          source + " at 3000 ms")
                             .c_str(),
                         StreamError);
    clock.poll(Time{4s});
    CHECK(sums == std::vector<std::pair<Time, std::size_t>>{{Time{1s}, 1}, {Time{2s}, 0}, {Time{4s}, 1}});
}

TEST_CASE("wide operators stand behind one another")
{
    IntervalClock clock{1s};
    std::vector<std::int64_t> counts;
    testing::literalStream<int>(clock, {{1, 2, 3, 4, 5}}) | map([](int x) { return std::pair{x % 3, x}; }) | reduceByKey(std::plus{}) |
        map([](auto const& p) { return std::pair{0, p.second}; }) | reduceByKey(std::plus{}) | count() | keep(counts);
    clock.poll(Time{0s});
    clock.poll(Time{1s});
    CHECK(counts == std::vector<std::int64_t>{1});
}
