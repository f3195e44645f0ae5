#include <sluice/batch/neutral.hpp>
#include <sluice/operators/filter.hpp>
#include <sluice/operators/flat_map.hpp>
#include <sluice/operators/fold.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/max.hpp>
#include <sluice/operators/min.hpp>
#include <sluice/operators/reduce.hpp>
#include <sluice/operators/sum.hpp>

#include "../verify.hpp"

#include <array>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>

using namespace sluice;
using namespace sluice::detail;

namespace {

template <class F, class A>
constexpr bool combines = CombinesFromNeutral<F, A>;
static_assert(combines<std::plus<>, int> && combines<std::plus<int>, int> && combines<std::multiplies<>, std::uint64_t>);
static_assert(combines<std::bit_and<>, short> && combines<std::bit_or<>, char> && combines<std::bit_xor<>, unsigned char>);
static_assert(combines<Foremost<NaturalOrder>, int> && combines<Foremost<Reversed<NaturalOrder>>, int>);
static_assert(!combines<std::plus<>, double> && !combines<std::plus<>, float>, "0.0 is not neutral to -0.0");
static_assert(!combines<Foremost<NaturalOrder>, double>, "NaN");
static_assert(!combines<std::plus<>, bool>, "true and true are not 2");
static_assert(!combines<std::plus<long long>, int>, "it converts");
static_assert(!combines<std::minus<>, int> && !combines<decltype([](int a, int b) { return a + b; }), int>);

constexpr auto odd = [](auto x) { return x % 2 != 0; };

/// What f makes of the records that pass, by a loop.
template <class A, class F, class Records>
constexpr A byHand(A zero, F f, Records const& records)
{
    for (auto const x : records) {
        if (odd(x)) zero = static_cast<A>(f(zero, x));
    }
    return zero;
}

template <class A, class R>
constexpr bool same(std::array<R, 7> records)
{
    auto const odds = rdd(records) | filter(odd);
    auto const each = [&](A zero, auto f) { return (odds | fold(zero, f)) == byHand(static_cast<A>(f(zero, zero)), f, records); };
    return each(0, std::plus{}) && each(1, std::multiplies{}) && each(static_cast<A>(-1), std::bit_and{}) && each(0, std::bit_or{}) &&
           each(0, std::bit_xor{});
}

}  // namespace

TEST_CASE("behind a filter integers of any width are combined as one by one")
{
    VERIFY(same<int>(std::array{1, 2, 3, 4, 5, -6, -7}));
    VERIFY(same<std::int64_t>(std::array{1, 2, 3, 4, 5, -6, -7}));
    VERIFY(same<std::int64_t>(std::array{1U, 2U, 3U, 4U, 5U, 6U, 4294967295U}));
    VERIFY(same<std::uint64_t>(std::array{1, 2, 3, 4, 5, -6, -7}));
    VERIFY(same<std::uint32_t>(std::array<std::int64_t, 7>{1, 2, 3, 4, 5, -6, std::int64_t{7} << 33}));
    VERIFY(same<signed char>(std::array<short, 7>{1, 2, 301, 4, 5, -600, -7}));
    VERIFY(same<unsigned char>(std::array<signed char, 7>{1, 2, 3, 4, 5, -6, -7}));
    VERIFY(same<unsigned short>(std::array<unsigned short, 7>{1, 2, 3, 4, 65533, 6, 7}));
    VERIFY((rdd({1, 2, 3}) | map(odd) | fold(0, std::plus{})) == 2);
}

TEST_CASE("what overflows in another grouping alone does not")
{
    constexpr int most = std::numeric_limits<int>::max();
    VERIFY((rdd({-1, most, 1}) | reduce(std::plus{})) == most);
    VERIFY((rdd({-1, 2, most, 1}) | filter(odd) | reduce(std::plus{})) == most);
    VERIFY((rdd({std::int64_t{-1}, std::int64_t{most}, std::int64_t{2}}) | filter(odd) | sum()) == most - 1);
}

TEST_CASE("what is neutral is not a record")
{
    constexpr int least = std::numeric_limits<int>::min(), most = std::numeric_limits<int>::max();
    VERIFY((rdd({2, 7, 4, 5, 8}) | filter(odd) | min()) == 5);
    VERIFY((rdd({2, 5, 4, 7, 8}) | filter(odd) | max()) == 7);
    VERIFY((rdd({most, 2, most}) | filter(odd) | min()) == most);
    VERIFY((rdd({least, 1, least}) | max()) == 1);
    VERIFY((rdd({least, least}) | max()) == least);
    VERIFY((rdd({6U, 3U, 5U}) | filter(odd) | max()) == 5U);
    CHECK_THROWS_AS(rdd({2, 4}) | filter(odd) | min(), InvalidArgument);
}

TEST_CASE("several records for one, and fractions in an integer, are combined in order")
{
    constexpr auto twice = [](int x) { return std::array{x, 10 * x}; };
    VERIFY((rdd({1, 2, 3}) | filter(odd) | flatMap(twice) | reduce(std::plus{})) == 44);
    VERIFY((rdd({0.5, 0.75, 1.5}) | fold(0, std::plus{})) == 1);
    VERIFY((rdd({0.5, 0.75, 1.5}) | fold(1, std::plus{})) == 3);
}

TEST_CASE("a negative zero stays one")
{
    auto const all = rdd({1.0, -0.0}) | filter([](double x) { return x < 1; });
    CHECK(std::signbit(all | reduce(std::plus{})));
    CHECK(std::signbit(all | fold(-0.0, std::plus{})));
}
