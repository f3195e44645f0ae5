#include <sluice/operators/filter.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/sum.hpp>
#include <sluice/testing/run_batches.hpp>

#include "../verify.hpp"
#include "laws.hpp"

#include <limits>
#include <stdexcept>

using namespace sluice;
using namespace sluice::tests;

namespace {

constexpr int numbers[] = {1, 2, 3, 4, 5, 6, 7};
constexpr auto isEven = [](int x) { return x % 2 == 0; };

// What it gives.
template <class T>
using SumOf = decltype(std::declval<RDD<T>>() | sum());
static_assert(std::is_same_v<SumOf<int>, std::int64_t> && std::is_same_v<SumOf<signed char>, std::int64_t>);
static_assert(std::is_same_v<SumOf<unsigned short>, std::uint64_t> && std::is_same_v<SumOf<char16_t>, std::uint64_t>);
static_assert(std::is_same_v<SumOf<float>, double> && std::is_same_v<SumOf<double>, double>);
static_assert(std::is_same_v<SumOf<long double>, long double>);
static_assert(!detail::Sum<>::accepts<detail::Slices<std::string>>);

}  // namespace

TEST_CASE("sum adds numbers, as ones that are wide enough")
{
    VERIFY((rdd({1, 2, 3}, 2) | sum()) == 6);
    VERIFY((rdd({-1, -2}, 2) | sum()) == -3);
    constexpr int most = std::numeric_limits<int>::max();
    VERIFY((rdd({most, most, most}, 2) | sum()) == 3 * std::int64_t{most});
    VERIFY((rdd({most + 1U, 2U}) | sum()) == std::uint64_t{most} + 3);
    VERIFY((rdd({0.5f, 0.25f}) | sum()) == 0.75);
    VERIFY((rdd(numbers, 3) | map(isEven) | sum()) == 3U);
}

TEST_CASE("what does not fit wraps")
{
    constexpr auto most = std::numeric_limits<std::int64_t>::max();
    VERIFY((rdd({most, std::int64_t{1}}) | sum()) == std::numeric_limits<std::int64_t>::min());
}

TEST_CASE("sum of nothing is 0") { VERIFY((rdd(std::vector<int>{}, 2) | sum()) == 0); }

TEST_CASE("sum obeys the laws")
{
    static_assert(obeysPartitionLaw(sum(), numbers));
    static_assert(obeysPipeLaw(filter(isEven), sum(), numbers));
    CHECK(obeysErasureLaw(sum(), numbers));
}

TEST_CASE("sum in a stream is one record a batch, 0 of an empty one, and no RDD of none")
{
    auto const out = testing::runBatches<int>({{4, 2, 7}, {}, std::nullopt}, [](auto in) { return in | sum(); });
    CHECK(out == testing::Batches<std::int64_t>{{13}, {0}, std::nullopt});
}

TEST_CASE("what fails before sum names its operator and the partition")
{
    auto const throwing = map([](int x) { return x == 4 ? throw std::out_of_range{"four"} : x; });
    auto const failure = failureOf([&] { return rdd(numbers, 7) | throwing | sum(); });
    CHECK(failure.kind == "map");
    CHECK(failure.partition == 3);
}
