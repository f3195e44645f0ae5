#include <sluice/operators/count.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/map_partitions_with_index.hpp>
#include <sluice/testing/run_batches.hpp>

#include "../verify.hpp"
#include "laws.hpp"

#include <array>
#include <stdexcept>

using namespace sluice;
using namespace sluice::tests;

namespace {

constexpr int numbers[] = {1, 2, 3, 4, 5};
using Pairs = std::vector<std::pair<std::size_t, std::int64_t>>;
constexpr auto sizes = [](std::size_t index, auto part) { return std::array{std::pair{index, part | count()}}; };

template <class F>
constexpr bool accepts = detail::MapPartitionsWithIndex<F>::template accepts<detail::Slices<int>>;
static_assert(accepts<decltype(sizes)>);
static_assert(accepts<decltype([](auto, auto part) { return part; })>);
static_assert(!accepts<decltype([](auto part) { return part; })>, "it takes the number, too");
static_assert(!accepts<decltype([](std::size_t, auto) {})>);
static_assert(!accepts<decltype([](std::size_t n, auto) { return n; })>);
static_assert(!accepts<decltype([n = 0](std::size_t, auto part) mutable { return ++n, part; })>);

}  // namespace

TEST_CASE("mapPartitionsWithIndex gives f the number of each partition, also of an empty one")
{
    VERIFY((rdd(numbers, 2) | mapPartitionsWithIndex(sizes) | collect()) == Pairs{{0, 2}, {1, 3}});
    VERIFY((rdd({1}, 3) | mapPartitionsWithIndex(sizes) | collect()) == Pairs{{0, 0}, {1, 0}, {2, 1}});
    CHECK(obeysErasureLaw(mapPartitionsWithIndex(sizes), numbers));
}

TEST_CASE("what f throws names the mapPartitionsWithIndex")
{
    auto const throwing =
        mapPartitionsWithIndex([](std::size_t index, auto part) { return index == 3 ? throw std::out_of_range{"three"} : part; });
    auto const failure = failureOf([&] { return rdd(numbers, 5) | throwing | count(); });
    CHECK(failure.kind == "mapPartitionsWithIndex");
    CHECK(failure.partition == 3);
    CHECK(failure.cause == "three");
}

TEST_CASE("in a stream f is called for the partitions of an empty batch, and no RDD stays none")
{
    using Batches = testing::Batches<std::pair<std::size_t, std::int64_t>>;
    auto const out = testing::runBatches<int>({{1, 2, 3}, {}, std::nullopt}, [](auto in) { return in | mapPartitionsWithIndex(sizes); });
    CHECK(out == Batches{{{0, 1}, {1, 2}}, {{0, 0}, {1, 0}}, std::nullopt});
}
