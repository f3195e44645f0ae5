#include <sluice/operators/aggregate.hpp>
#include <sluice/operators/filter.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/testing/run_batches.hpp>

#include "../verify.hpp"
#include "laws.hpp"

#include <functional>
#include <memory>
#include <stdexcept>

using namespace sluice;
using namespace sluice::tests;

namespace {

constexpr int numbers[] = {1, 2, 3, 4, 5, 6, 7};

using SumAndCount = std::pair<int, int>;
constexpr auto add = [](SumAndCount a, int x) { return SumAndCount{a.first + x, a.second + 1}; };
constexpr auto meet = [](SumAndCount a, SumAndCount b) { return SumAndCount{a.first + b.first, a.second + b.second}; };
constexpr auto sumAndCount = aggregate(SumAndCount{}, add, meet);

static_assert(std::is_same_v<decltype(rdd(numbers) | sumAndCount), SumAndCount>);

// What it takes.
template <class Z, class Seq, class Comb, class Record = int>
constexpr bool accepts = detail::Aggregate<Z, Seq, Comb>::template accepts<detail::Slices<Record>>;
static_assert(accepts<int, std::plus<>, std::plus<>>);
static_assert(!accepts<std::unique_ptr<int>, decltype([](auto z, int) { return z; }), decltype([](auto a, auto) { return a; })>);
static_assert(!accepts<SumAndCount, decltype(meet), decltype(meet)>, "a record is no result");
static_assert(!accepts<SumAndCount, decltype(add), decltype(add)>, "a result is no record");
static_assert(!accepts<int, decltype([n = 0](int a, int) mutable { return n += a; }), std::plus<>>);
static_assert(!accepts<int, std::plus<>, decltype([n = 0](int a, int) mutable { return n += a; })>);
static_assert(!accepts<std::string_view, decltype([](std::string_view a, std::string_view b) { return std::string{a} += b; }),
                       decltype([](std::string_view a, std::string_view) { return a; }), std::string_view>);

}  // namespace

TEST_CASE("aggregate gives a result of another type than the records")
{
    VERIFY((rdd(numbers, 3) | sumAndCount) == SumAndCount{28, 7});
    VERIFY((rdd(numbers, 7) | filter([](int x) { return x > 5; }) | sumAndCount) == SumAndCount{13, 2});
    std::vector<std::string_view> const texts{"a", "b", "c"};
    CHECK((rdd(texts, 2) | aggregate(
                               std::string{}, [](std::string all, std::string_view text) { return all += text; },
                               [](std::string a, std::string const& b) { return a += '|' + b; })) == "|a|bc");
}

TEST_CASE("aggregate of nothing is zero") { VERIFY((rdd(std::vector<int>{}, 2) | aggregate(5, std::plus{}, std::plus{})) == 5); }

TEST_CASE("zero is taken once by each partition that may have records, by seqOp, and once where they meet, by combOp")
{
    VERIFY((rdd({1}, 4) | aggregate(10, std::plus{}, std::multiplies{})) == 110);
    VERIFY((rdd({1, 2}, 2) | aggregate(10, std::plus{}, std::multiplies{})) == 10 * 11 * 12);
}

TEST_CASE("aggregate obeys the laws")
{
    static_assert(obeysPartitionLaw(sumAndCount, numbers));
    static_assert(obeysPipeLaw(filter([](int x) { return x > 2; }), sumAndCount, numbers));
    CHECK(obeysErasureLaw(sumAndCount, numbers));
}

TEST_CASE("aggregate in a stream is one record a batch, zero of an empty one, and no RDD of none")
{
    auto const out = testing::runBatches<int>({{4, 2, 6}, {}, std::nullopt}, [](auto in) { return in | sumAndCount; });
    CHECK(out == testing::Batches<SumAndCount>{{{12, 3}}, {{0, 0}}, std::nullopt});
}

TEST_CASE("what the functions throw names the aggregate and its line, and in a partition the partition")
{
    auto const throwing = [](int a, int b) { return a + b > 10 ? throw std::overflow_error{"too much"} : a + b; };
    int const line = __LINE__ + 1;
    auto const failure = failureOf([&] { return rdd(numbers, 2) | aggregate(0, throwing, std::plus{}); });
    CHECK(failure.kind == "aggregate");
    CHECK(failure.line == line);
    CHECK(failure.partition == 1);
    CHECK(failure.cause == "too much");

    auto const meeting = failureOf([&] { return rdd(numbers, 2) | aggregate(0, std::plus{}, throwing); });
    CHECK(meeting.partition == StreamError::unknown);
    CHECK(meeting.cause == "too much");
}
