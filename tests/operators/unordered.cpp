#include <sluice/input/blocks.hpp>
#include <sluice/operators/coalesce.hpp>
#include <sluice/operators/filter.hpp>
#include <sluice/operators/flat_map.hpp>
#include <sluice/operators/fold.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/reduce.hpp>
#include <sluice/operators/sum.hpp>
#include <sluice/operators/union_with.hpp>
#include <sluice/operators/unordered.hpp>
#include <sluice/testing/run_batches.hpp>

#include "../verify.hpp"
#include "laws.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <limits>
#include <stdexcept>
#include <string>

using namespace sluice;
using namespace sluice::tests;

namespace {

/// What the comment of `unordered` says of one partition, one record after another.
template <class A, class F>
std::optional<A> inLanes(std::vector<double> const& records, std::optional<A> zero, F const& f)
{
    std::vector<std::optional<A>> lanes(16, zero);
    for (std::size_t i = 0; i < records.size(); ++i) {
        auto& lane = lanes[i % 16];
        lane = lane ? f(*lane, records[i]) : static_cast<A>(records[i]);
    }
    for (std::size_t width = 8; width > 0; width /= 2) {
        for (std::size_t i = 0; i < width; ++i) {
            if (lanes[i + width]) lanes[i] = lanes[i] ? f(*lanes[i], *lanes[i + width]) : lanes[i + width];
        }
    }
    return lanes[0];
}

/// The same of a batch that is cut by rdd(records, partitions), each partition's records made others by `of`.
template <class F, class Of>
std::optional<double> inLanes(std::vector<double> const& records, std::size_t partitions, std::optional<double> zero, F const& f,
                              Of const& of)
{
    auto all = zero;
    for (std::size_t p = 0; p < partitions; ++p) {
        std::vector<double> made;
        auto const end = (p + 1) * records.size() / partitions;
        for (auto i = p * records.size() / partitions; i < end; ++i) of(records[i], made);
        auto const part = inLanes<double>(made, zero, f);
        all = all && part ? f(*all, *part) : part;
    }
    return all;
}

/// In every other order their sum is another one.
std::vector<double> unlike(std::size_t n)
{
    std::vector<double> all;
    for (double x = 0.1; all.size() < n; x = x * 3.7 - static_cast<int>(x * 3.7) + 1e-3)
        all.push_back((x - 0.5) * (all.size() % 7 == 0 ? 1e9 : 1));
    return all;
}

constexpr auto asIs = [](double x, std::vector<double>& to) { to.push_back(x); };
constexpr auto isPositive = [](double x) { return x > 0; };
constexpr auto third = [](double x) { return x / 3; };
constexpr auto twice = [](double x) { return std::array{x, x / 7}; };
constexpr std::size_t sizes[] = {0, 1, 2, 15, 16, 17, 31, 32, 33, 47, 511, 512, 513, 530, 5000};

/// sum, fold and reduce of a batch, against the oracle.
template <class Batch>
void isInLanes(Batch const& batch, std::vector<double> const& records, std::size_t partitions, auto const& of)
{
    auto const expected = inLanes(records, partitions, 0.0, std::plus{}, of);
    CHECK((batch | sum(unordered)) == *expected);
    CHECK((batch | fold(unordered, 0.0, std::plus{})) == *expected);
    auto const odd = [](double a, double b) { return 1.1 * a - b; };  // neither one nor the other: the order is seen
    if (auto const reduced = inLanes(records, partitions, std::nullopt, odd, of)) CHECK((batch | reduce(unordered, odd)) == *reduced);
    else CHECK_THROWS_AS(batch | reduce(unordered, odd), InvalidArgument);
}

/// Received blocks of so many records each.
RDD<double> inBlocks(std::vector<double> const& records, std::size_t size)
{
    auto received = detail::makeCounted<detail::RecordBlocks<double>>();
    for (std::size_t i = 0; i < records.size(); i += size) {
        auto block = detail::makeCounted<detail::RecordBlock<double>>();
        block->records.assign(records.begin() + static_cast<std::ptrdiff_t>(i),
                              records.begin() + static_cast<std::ptrdiff_t>(std::min(i + size, records.size())));
        received->add(std::move(block), 0);
    }
    return detail::rddOf(detail::Received<double>{std::move(received)});
}

struct Point {
    double x = 0, y = 0;
    bool operator==(Point const&) const = default;
};
constexpr auto middle = [](Point a, Point b) { return Point{a.x + b.x, a.y + b.y}; };

// What it takes.
template <class Record>
constexpr bool accepts = detail::Reduce<decltype([](auto a, auto) { return a; }), true>::template accepts<detail::Slices<Record>>;
static_assert(accepts<double> && accepts<bool> && accepts<Point> && accepts<std::array<float, 2>>);
static_assert(!accepts<std::string> && !accepts<std::string_view> && !accepts<std::pair<int, std::string>>);
static_assert(!detail::Sum<true>::accepts<detail::Slices<std::string>>);
static_assert(!detail::Fold<std::string, std::plus<>, true>::accepts<detail::Slices<char>>);
static_assert(std::is_same_v<decltype(rdd({0.5f}) | sum(unordered)), double>);
static_assert(std::is_same_v<decltype(rdd({1}) | sum(unordered)), std::int64_t>);

}  // namespace

TEST_CASE("unordered reductions combine in 16 lanes, then those in halves")
{
    for (auto const n : sizes) {
        auto const records = unlike(n);
        for (std::size_t const partitions : {1U, 3U}) {
            auto const batch = rdd(records, partitions);
            isInLanes(batch, records, partitions, asIs);
            isInLanes(batch | map(third), records, partitions, [](double x, auto& to) { to.push_back(x / 3); });
            auto const positive = [](double x, auto& to) {
                if (x > 0) to.push_back(x);
            };
            isInLanes(batch | filter(isPositive), records, partitions, positive);
            isInLanes(batch | filter(isPositive) | map(third) | map(third), records, partitions, [](double x, auto& to) {
                if (x > 0) to.push_back(x / 3 / 3);
            });
            isInLanes(batch | map(third) | flatMap(twice) | map(third), records, partitions, [](double x, auto& to) {
                to.push_back(x / 3 / 3);
                to.push_back(x / 3 / 7 / 3);
            });
        }
    }
}

TEST_CASE("where a batch is cut into blocks, and what is known of its expression, changes nothing")
{
    auto const records = unlike(2111);
    for (std::size_t const size : {1U, 7U, 16U, 100U, 1024U}) {
        auto const blocks = inBlocks(records, size);
        isInLanes(blocks, records, 1, asIs);
        isInLanes(blocks | map(third), records, 1, [](double x, auto& to) { to.push_back(x / 3); });
        isInLanes(blocks | filter(isPositive) | map(third), records, 1, [](double x, auto& to) {
            if (x > 0) to.push_back(x / 3);
        });
        RDD<double> const behind = blocks | filter(isPositive);
        isInLanes(behind, records, 1, [](double x, auto& to) {
            if (x > 0) to.push_back(x);
        });
    }
    auto const positive = [](double x, auto& to) {
        if (x > 0) to.push_back(x);
    };
    isInLanes(rdd(records, 3) | coalesce(1), records, 1, asIs);
    isInLanes(rdd(records, 3) | filter(isPositive) | coalesce(1), records, 1, positive);
    auto const joined = rdd(records) | unionWith(rdd(records) | filter(isPositive));
    auto const parts = (rdd(records) | sum(unordered)) + (rdd(records) | filter(isPositive) | sum(unordered));
    CHECK((joined | sum(unordered)) == 0.0 + parts);
}

TEST_CASE("unordered reductions of integers by std::plus are those in order, also where they wrap")
{
    constexpr auto most = std::numeric_limits<std::int64_t>::max();
    VERIFY((rdd({most, std::int64_t{1}}) | sum(unordered)) == std::numeric_limits<std::int64_t>::min());
    VERIFY((rdd({most, std::int64_t{1}, std::int64_t{1}}, 2) | reduce(unordered, std::plus{})) ==
           std::numeric_limits<std::int64_t>::min() + 1);
    VERIFY((rdd({1, 2, 3}, 2) | fold(unordered, 0, std::plus{})) == 6);
}

TEST_CASE("unordered reductions take structs of numbers, and run while compiling")
{
    static constexpr std::array numbers{1.0, -2.0};
    constexpr std::array<Point, 3> points{Point{1, 2}, Point{3, 4}, Point{5, 6}};
    VERIFY((rdd(points, 2) | reduce(unordered, middle)) == Point{9, 12});
    VERIFY((rdd({0.5, 0.25, 4.0}) | filter([](double x) { return x < 1; }) | sum(unordered)) == 0.75);
    VERIFY((rdd(numbers) | map(isPositive) | reduce(unordered, std::logical_and<>{})) == false);
    static_assert(obeysPipeLaw(map(third), sum(unordered), std::array{1.0, 2.0, 4.0}));
}

TEST_CASE("unordered reductions of nothing are those in order")
{
    VERIFY((rdd(std::vector<double>{}, 2) | sum(unordered)) == 0);
    VERIFY((rdd(std::vector<double>{}) | fold(unordered, 7.0, std::plus{})) == 7);
    CHECK_THROWS_WITH(rdd(std::vector<double>{}) | reduce(unordered, std::plus{}), doctest::Contains("sluice::reduce(f)"));
}

TEST_CASE("unordered reductions in a stream are one record a batch, the same with any number of workers")
{
    auto const records = unlike(3000);
    auto const run = [&](char const* master) {
        return testing::runBatches<double>({records, {}, std::nullopt}, [](auto in) { return in | filter(isPositive) | sum(unordered); },
                                           {.partitions = 5, .master = master});
    };
    auto const expected = inLanes(records, 5, 0.0, std::plus{}, [](double x, auto& to) {
        if (x > 0) to.push_back(x);
    });
    for (auto const* master : {"local[1]", "local[3]"}) CHECK(run(master) == testing::Batches<double>{{*expected}, {0}, std::nullopt});
}

TEST_CASE("what f throws in a lane names the reduction and its line, and in a partition the partition")
{
    std::vector<double> const ones(100, 1);
    auto const overflow = [](double a, double b) { return a + b > 2.5 ? throw std::overflow_error{"too much"} : a + b; };
    int const line = __LINE__ + 1;
    auto const failure = failureOf([&] { return rdd(ones, 2) | reduce(unordered, overflow); });
    CHECK(failure.kind == "reduce");
    CHECK(failure.line == line);
    CHECK(failure.partition == 0);
    CHECK(failure.cause == "too much");
}
