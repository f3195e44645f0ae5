#include <sluice/operators/filter.hpp>
#include <sluice/operators/first.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/testing/run_batches.hpp>

#include "../verify.hpp"
#include "laws.hpp"

#include <memory>
#include <stdexcept>

using namespace sluice;
using namespace sluice::tests;

namespace {

constexpr int numbers[] = {1, 2, 3, 4, 5, 6, 7};
constexpr auto isEven = [](int x) { return x % 2 == 0; };

static_assert(std::is_same_v<decltype(rdd(std::declval<std::vector<std::string_view>&>()) | first()), std::string>);
static_assert(!detail::First::accepts<detail::Slices<std::span<int>>>, "nobody knows how to keep it");

}  // namespace

TEST_CASE("first gives the first record, in the order of partitions")
{
    VERIFY((rdd({3, 1, 2}, 3) | first()) == 3);
    VERIFY((rdd(numbers, 7) | filter([](int x) { return x > 4; }) | first()) == 5);
    VERIFY((rdd({9}, 4) | first()) == 9);
    std::vector<std::string_view> const texts{"a text of more than sixteen bytes", "b"};
    CHECK((rdd(texts, 2) | first()) == texts[0]);
}

TEST_CASE("first obeys the laws")
{
    static_assert(obeysPartitionLaw(first(), numbers));
    static_assert(obeysPipeLaw(filter(isEven), first(), numbers));
    CHECK(obeysErasureLaw(first(), numbers));
}

TEST_CASE("first of nothing is an invalid argument")
{
    CHECK_THROWS_WITH_AS(rdd(std::vector<int>{}) | first(), doctest::Contains("sluice::first()"), InvalidArgument);
    CHECK_THROWS_AS(rdd(numbers, 3) | filter([](int) { return false; }) | first(), InvalidArgument);
}

TEST_CASE("first stops at the first record")
{
    int calls = 0;
    auto const counting = map([&calls](int x) { return ++calls, x; });
    CHECK((rdd(numbers, 3) | counting | first()) == 1);
    CHECK(calls == 1);
    RDD<int> const any = rdd(numbers, 3);
    CHECK((any | counting | filter(isEven) | first()) == 2);
    CHECK(calls == 3);
}

TEST_CASE("first gives what can only be moved, where it is made on the way")
{
    CHECK(*(rdd(numbers) | map([](int x) { return std::make_unique<int>(x); }) | first()) == 1);
}

TEST_CASE("first in a stream is one record a batch, none of an empty one, and no RDD of none")
{
    auto const out = testing::runBatches<int>({{4, 5, 6}, {}, std::nullopt, {1, 3, 8}},
                                              [](auto in) { return in | filter(isEven) | first(); }, {.partitions = 3});
    CHECK(out == testing::Batches<int>{{4}, {}, std::nullopt, {8}});
}

TEST_CASE("what fails before first names its operator and the partition")
{
    auto const throwing = map([](int x) { return x == 4 ? throw std::out_of_range{"four"} : x; });
    auto const failure = failureOf([&] { return rdd(numbers, 7) | throwing | filter([](int x) { return x > 3; }) | first(); });
    CHECK(failure.kind == "map");
    CHECK(failure.partition == 3);
    CHECK((rdd(numbers, 7) | throwing | first()) == 1);
}
