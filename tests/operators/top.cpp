#include <sluice/operators/filter.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/top.hpp>

#include "../verify.hpp"
#include "laws.hpp"

#include <algorithm>
#include <limits>
#include <stdexcept>

using namespace sluice;
using namespace sluice::tests;

namespace {

constexpr int numbers[] = {4, 2, 7, 1, 5, 6, 3};
constexpr auto byFirst = [](std::pair<int, int> a, std::pair<int, int> b) { return a.first < b.first; };

static_assert(std::is_same_v<decltype(rdd(std::declval<std::vector<std::string_view>&>()) | top(1)), std::vector<std::string>>);

// What it takes is what takeOrdered takes.
template <class Less, class Record = int>
constexpr bool accepts = detail::Top<Less>::template accepts<detail::Slices<Record>>;
static_assert(accepts<detail::NaturalOrder> && !accepts<detail::NaturalOrder, std::span<int>>);
static_assert(!accepts<decltype([n = 0](int a, int b) mutable { return ++n, a < b; })>);

}  // namespace

TEST_CASE("top gives the greatest records, the greatest first")
{
    VERIFY((rdd(numbers, 3) | top(3)) == std::vector{7, 6, 5});
    VERIFY((rdd(numbers, 2) | top(2, [](int a, int b) { return a > b; })) == std::vector{1, 2});
    VERIFY((rdd(numbers, 7) | top(100)) == std::vector{7, 6, 5, 4, 3, 2, 1});
    VERIFY((rdd(numbers, 2) | top(0)).empty());
    VERIFY((rdd(std::vector<int>{}, 2) | top(3)).empty());
}

TEST_CASE("top obeys the laws")
{
    static_assert(obeysPartitionLaw(top(4), numbers));
    static_assert(obeysPipeLaw(filter([](int x) { return x > 2; }), top(2), numbers));
    CHECK(obeysErasureLaw(top(4), numbers));
}

TEST_CASE("equal records stand in the order of the batch")
{
    std::vector<std::pair<int, int>> pairs;
    for (int i = 0; i < 100; ++i) pairs.emplace_back(i % 3, i);
    auto sorted = pairs;
    std::stable_sort(sorted.begin(), sorted.end(), [](auto a, auto b) { return byFirst(b, a); });
    for (std::size_t partitions : {1UL, 2UL, 7UL, 100UL}) {
        CHECK((rdd(pairs, partitions) | top(40, byFirst)) == std::vector(sorted.begin(), sorted.begin() + 40));
    }
}

TEST_CASE("NaN is the greatest")
{
    auto const greatest = rdd({1.0, std::numeric_limits<double>::quiet_NaN(), 2.0}, 2) | top(2);
    CHECK(greatest[0] != greatest[0]);
    CHECK(greatest[1] == 2.0);
}

TEST_CASE("what less throws names the top and its line, and the partition")
{
    auto const throwing = [](int a, int b) { return a == 6 || b == 6 ? throw std::domain_error{"six"} : a < b; };
    int const line = __LINE__ + 1;
    auto const failure = failureOf([&] { return rdd(numbers, 2) | top(1, throwing); });
    CHECK(failure.kind == "top");
    CHECK(failure.line == line);
    CHECK(failure.partition == 1);
    CHECK(failure.cause == "six");
}
