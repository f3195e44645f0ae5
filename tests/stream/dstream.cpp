#include <sluice/operators/filter.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/union_with.hpp>
#include <sluice/runtime/interval_clock.hpp>
#include <sluice/sources/queue_stream.hpp>
#include <sluice/stream/dstream.hpp>
#include <sluice/testing/run_batches.hpp>

#include <doctest/doctest.h>

#include <string>
#include <utility>

using namespace sluice;
using namespace std::chrono_literals;

namespace {

constexpr auto twice = [](int x) { return 2 * x; };

using Fused = decltype(queueStream(std::declval<Graph const&>(), RDDQueue<int>{}) | map(twice));
static_assert(DStreamOf<Fused, int> && !DStreamOf<Fused, long> && !DStreamOf<int, int>);
static_assert(DStreamOf<DStream<int>, int>);
static_assert(std::is_convertible_v<Fused, DStream<int>>);
static_assert(std::is_same_v<Fused::Value, int>);
static_assert(std::is_same_v<decltype(DStream{std::declval<Fused>()}), Fused>, "DStream s = … keeps the expression");

template <class S>
constexpr bool takes(S const&)
    requires DStreamOf<S, int>
{
    return true;
}

}  // namespace

TEST_CASE("a stream knows its interval, and copies are the same stream")
{
    IntervalClock clock{250ms};
    auto const numbers = queueStream(clock, RDDQueue<int>{});
    auto const copy = numbers;
    CHECK(&copy.node().impl() == &numbers.node().impl());
    CHECK((numbers | map(twice)).slideDuration() == 250ms);
    CHECK(takes(numbers | map(twice)));
    CHECK(clock.core()->inputs().size() == 1);
}

TEST_CASE("a stream that was moved from is the same stream")
{
    auto const batches = testing::runBatches<int>({{1, 2, 3}}, [](DStream<int> numbers) {
        auto fused = numbers | map(twice);
        auto other = std::move(fused) | filter([](int x) { return x > 2; });
        auto const united = std::move(other) | unionWith(std::move(numbers), fused);
        DStream<int> const any = std::move(fused);
        return united | unionWith(other, numbers, std::move(fused), any);
    });
    CHECK(batches == testing::Batches<int>{{4, 6, 1, 2, 3, 2, 4, 6, 4, 6, 1, 2, 3, 2, 4, 6, 2, 4, 6}});
}

TEST_CASE("a detached pipeline is used again and again")
{
    constexpr auto pipeline = map(twice) | filter([](int x) { return x > 2; }) | map(twice);
    for (int round = 0; round < 2; ++round) {
        CHECK(testing::runBatches<int>({{1, 2, 3}}, [&](auto s) { return s | pipeline; }) == testing::Batches<int>{{8, 12}});
    }
}

TEST_CASE("an operator is told of at the place where it was written")
{
    IntervalClock clock{1s};
    auto const stream = queueStream(clock, RDDQueue<int>{}) | map(twice);
    int const line = __LINE__ - 1;
    CHECK(stream.node().label().at.line == line);
    CHECK(std::string{stream.node().label().at.file} == __FILE__);
}
