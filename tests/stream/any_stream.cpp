#include <sluice/operators/collect.hpp>
#include <sluice/operators/filter.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/named.hpp>
#include <sluice/stream/any_stream.hpp>
#include <sluice/testing/run_batches.hpp>

#include <doctest/doctest.h>

#include <string_view>

using namespace sluice;
using namespace std::chrono_literals;
using testing::Batches;

namespace {

constexpr auto twice = [](int x) { return 2 * x; };

/// A function of the host, which knows no expression.
DStream<int> evens(DStream<int> numbers)
{
    return numbers | filter([](int x) { return x % 2 == 0; });
}

}  // namespace

TEST_CASE("a stream of any expression gives the same batches")
{
    Batches<int> const in{{1, 2, 3, 4}, {}, std::nullopt, {6}};
    CHECK(testing::runBatches(in, [](auto s) { return evens(s | map(twice)) | map(twice); }) ==
          Batches<int>{{4, 8, 12, 16}, {}, std::nullopt, {24}});
    CHECK(testing::runBatches(in, [](auto s) { return evens(evens(s)); }) == Batches<int>{{2, 4}, {}, std::nullopt, {6}});
}

TEST_CASE("an erased batch is used again, unless somebody holds it")
{
    IntervalClock clock{1s};
    DStream<int> const any = testing::literalStream<int>(clock, {{1}, {2}, {3}}) | map(twice);
    std::vector<RDD<int>> kept;
    std::vector<int> last;
    any | foreachRDD([&](auto batch) { kept.push_back(batch); });
    any | foreachRDD([&](auto batch) { last = batch | collect(); });
    clock.poll(Time{0s});
    clock.poll(Time{3s});
    CHECK(last == std::vector{6});
    REQUIRE(kept.size() == 3);
    for (int i = 0; i < 3; ++i) CHECK((kept[static_cast<std::size_t>(i)] | collect()) == std::vector{2 * (i + 1)});
}

TEST_CASE("a name reaches the operator behind the border")
{
    IntervalClock clock{1s};
    DStream<int> const any = testing::literalStream<int>(clock, {{1}}) | map(twice);
    auto const doubled = any | named("doubled");
    CHECK(std::string_view{doubled.node().label().kind} == "map");
    CHECK(std::string_view{doubled.node().label().name} == "doubled");
    CHECK(any.node().label().name == nullptr);
    CHECK(doubled.slideDuration() == 1s);
}
