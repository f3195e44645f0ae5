#include <sluice/operators/filter.hpp>
#include <sluice/operators/flat_map.hpp>
#include <sluice/operators/is_empty.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/testing/run_batches.hpp>

#include "../verify.hpp"
#include "laws.hpp"

#include <stdexcept>

using namespace sluice;
using namespace sluice::tests;

namespace {

constexpr int numbers[] = {1, 2, 3, 4, 5, 6, 7};
constexpr auto isEven = [](int x) { return x % 2 == 0; };

static_assert(std::is_same_v<decltype(rdd(numbers) | isEmpty()), bool>);
static_assert(detail::IsEmpty::accepts<detail::Slices<std::span<int>>>, "it keeps no record");

}  // namespace

TEST_CASE("isEmpty says whether there is no record in any partition")
{
    VERIFY(!(rdd({1, 2, 3}, 2) | isEmpty()));
    VERIFY((rdd(std::vector<int>{}, 3) | isEmpty()));
    VERIFY(!(rdd(numbers, 7) | filter([](int x) { return x == 7; }) | isEmpty()));
    VERIFY((rdd(numbers, 7) | filter([](int x) { return x == 8; }) | isEmpty()));
    CHECK((rdd(numbers, 2) | flatMap([](int) { return std::vector<int>{}; }) | isEmpty()));
}

TEST_CASE("isEmpty obeys the laws")
{
    static_assert(obeysPartitionLaw(isEmpty(), numbers));
    static_assert(obeysPipeLaw(filter(isEven), isEmpty(), numbers));
    CHECK(obeysErasureLaw(isEmpty(), numbers));
}

TEST_CASE("isEmpty stops at the first record")
{
    int calls = 0;
    auto const counting = map([&calls](int x) { return ++calls, x; });
    CHECK(!(rdd(numbers, 3) | counting | isEmpty()));
    CHECK(calls == 1);
    RDD<int> const any = rdd(numbers, 3);
    CHECK(!(any | counting | isEmpty()));
    CHECK(calls == 2);
}

TEST_CASE("isEmpty in a stream is one bool a batch, and no RDD of none")
{
    auto const out = testing::runBatches<int>({{1, 3, 4}, {}, std::nullopt, {1}}, [](auto in) { return in | filter(isEven) | isEmpty(); });
    CHECK(out == testing::Batches<bool>{{false}, {true}, std::nullopt, {true}});
}

TEST_CASE("what fails before isEmpty names its operator and the partition")
{
    auto const throwing = filter([](int x) { return x == 4 ? throw std::out_of_range{"four"} : x > 4; });
    auto const failure = failureOf([&] { return rdd(numbers, 7) | throwing | isEmpty(); });
    CHECK(failure.kind == "filter");
    CHECK(failure.partition == 3);
}
