#include <sluice/operators/count.hpp>
#include <sluice/operators/group_by_key.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/partition_by.hpp>
#include <sluice/operators/reduce.hpp>
#include <sluice/operators/sample.hpp>
#include <sluice/operators/take.hpp>
#include <sluice/testing/run_batches.hpp>

#include "../verify.hpp"
#include "laws.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <numeric>
#include <stdexcept>

using namespace sluice;
using namespace sluice::tests;

namespace {

constexpr int few[] = {1, 2, 3, 4, 5, 6, 7, 8};

std::vector<int> upTo(int n)
{
    std::vector<int> numbers(static_cast<std::size_t>(n));
    std::iota(numbers.begin(), numbers.end(), 0);
    return numbers;
}

// What it is: the same records, where they lay.
using Stored = NodeOf<decltype(rdd(few) | sample(false, 0.5))>;
static_assert(std::is_same_v<RecordOf<Stored>, int const&> && Stored::stored && Stored::stable && !Stored::resumable());
using Made = NodeOf<decltype(rdd(few) | map([](int x) { return -x; }) | sample(true, 0.5))>;
static_assert(std::is_same_v<RecordOf<Made>, int> && !Made::stored);

/// How often each of n numbers is taken.
std::vector<int> times(double fraction, int n, std::uint64_t seed)
{
    std::vector<int> counts(static_cast<std::size_t>(n));
    for (int const x : rdd(upTo(n)) | sample(true, fraction, seed) | collect()) ++counts[static_cast<std::size_t>(x)];
    return counts;
}

}  // namespace

TEST_CASE("sample takes all, none, or about the fraction of the records, in their order")
{
    VERIFY((rdd(few, 3) | sample(false, 1) | collect()) == (rdd(few) | collect()));
    VERIFY((rdd(few, 3) | sample(false, 0) | count()) == 0);
    VERIFY((rdd(few, 3) | sample(true, 0) | count()) == 0);
    auto const numbers = upTo(100'000);
    for (double const fraction : {0.001, 0.1, 0.5, 0.9}) {
        for (std::uint64_t seed = 0; seed < 4; ++seed) {
            CAPTURE(fraction);
            auto const taken = rdd(numbers, 4) | sample(false, fraction, seed) | collect();
            auto const deviation = std::sqrt(1e5 * fraction * (1 - fraction));
            CHECK(std::abs(static_cast<double>(taken.size()) - 1e5 * fraction) < 4 * deviation);
            CHECK(std::is_sorted(taken.begin(), taken.end()));
            CHECK(std::adjacent_find(taken.begin(), taken.end()) == taken.end());
        }
    }
}

TEST_CASE("with replacement a record is taken a Poisson number of times")
{
    for (double const fraction : {0.2, 1.0, 3.5, 20.0, 900.0}) {
        CAPTURE(fraction);
        int const n = fraction > 100 ? 400 : 20'000;
        auto const counts = times(fraction, n, 7);
        double mean = 0;
        for (int const taken : counts) mean += taken;
        mean /= n;
        double variance = 0;
        int none = 0;
        for (int const taken : counts) {
            variance += (taken - mean) * (taken - mean);
            none += taken == 0 ? 1 : 0;
        }
        variance /= n;
        CHECK(std::abs(mean - fraction) < 4 * std::sqrt(fraction / n));
        CHECK(std::abs(variance - fraction) < 4 * std::sqrt((fraction + 2 * fraction * fraction) / n));
        auto const expected = std::exp(-fraction);
        CHECK(std::abs(none - expected * n) < 4 * std::sqrt(expected * n) + 1);
    }
    auto const order = rdd(upTo(100), 3) | sample(true, 2, 5) | collect();
    CHECK(std::is_sorted(order.begin(), order.end()));
}

TEST_CASE("which records are taken depends on the seed, the partition and the position alone")
{
    // Written down once: for ever, on any machine.
    VERIFY((rdd(few, 2) | sample(false, 0.5, 1) | collect()) == std::vector{1, 2, 3, 5});
    VERIFY((rdd(few, 2) | sample(true, 1.5, 1) | collect()) == std::vector{1, 3, 4, 4, 5, 6, 6, 7, 7, 8});
    auto const numbers = upTo(1000);
    auto const seed1 = rdd(numbers, 4) | sample(false, 0.5, 1) | collect();
    CHECK(seed1 == (rdd(numbers, 4) | sample(false, 0.5, 1) | collect()));
    CHECK(seed1 != (rdd(numbers, 4) | sample(false, 0.5, 2) | collect()));
    CHECK(obeysErasureLaw(sample(false, 0.5, 3), numbers));
    CHECK(obeysErasureLaw(sample(true, 1.5, 3), std::vector<std::string>{"a", "words of more than sixteen bytes", "c"}));

    // Two partitions of the same records are sampled each by itself.
    auto twice = upTo(1000);
    twice.insert(twice.end(), numbers.begin(), numbers.end());
    auto const both = rdd(twice, 2) | sample(false, 0.5, 1) | collect();
    auto const second = std::find_if(both.begin() + 1, both.end(), [&](int const& x) { return x < *(&x - 1); });
    CHECK(std::vector<int>(both.begin(), second) != std::vector<int>(second, both.end()));
    CHECK(std::vector<int>(both.begin(), second) == (rdd(numbers) | sample(false, 0.5, 1) | collect()));
}

TEST_CASE("records that are made on the way are copied only where one is taken again")
{
    Tracked::reset();
    auto const made = rdd(upTo(200)) | map([](int n) { return Tracked{n}; });
    auto const once = made | sample(false, 0.5) | map([](Tracked t) { return t.value; }) | collect();
    CHECK(Tracked::copies == 0);
    auto const often = made | sample(true, 2) | map([](Tracked t) { return t.value; }) | collect();
    std::vector<int> distinct = often;
    distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
    CHECK(Tracked::copies == static_cast<int>(often.size() - distinct.size()));
    CHECK(!once.empty());
}

TEST_CASE("sample stops when nobody wants more")
{
    int calls = 0;
    auto const counting = rdd(few) | map([&calls](int x) { return ++calls, x; }) | sample(true, 50);
    CHECK((counting | take(3)) == std::vector{1, 1, 1});
    CHECK(calls == 1);
}

TEST_CASE("a fraction that cannot be is refused at the call")
{
    auto const nan = std::numeric_limits<double>::quiet_NaN();
    for (double const fraction : {-0.1, 1.1, nan}) CHECK_THROWS_AS(static_cast<void>(sample(false, fraction)), InvalidArgument);
    for (double const fraction : {-0.1, std::numeric_limits<double>::infinity(), nan}) {
        CHECK_THROWS_AS(static_cast<void>(sample(true, fraction)), InvalidArgument);
    }
    try {
        static_cast<void>(sample(false, 1.5));
        FAIL("nothing was thrown");
    } catch (InvalidArgument const& error) {
        std::string const text = error.what();
        CHECK(text.find("sluice::sample (") == 0);
        CHECK(text.find("must be from 0 to 1, got 1.5") != std::string::npos);
    }
}

TEST_CASE("in a stream any number of workers takes the same, an empty batch stays empty and no RDD none")
{
    auto const run = [](char const* master) {
        return testing::runBatches<int>({upTo(500), {}, std::nullopt, upTo(500)}, [](auto in) { return in | sample(false, 0.3, 9); },
                                        {.partitions = 4, .master = master});
    };
    auto const once = run("inline");
    CHECK((*once[0]).size() > 100);
    CHECK((*once[1]).empty());
    CHECK(!once[2]);
    CHECK(once[3] == once[0]);
    CHECK(run("local[2]") == once);
    CHECK(run("local[4]") == once);
}

TEST_CASE("what is partitioned by key is so behind a sample")
{
    auto const pairs = rdd({std::pair{1, 'a'}, std::pair{2, 'b'}, std::pair{1, 'c'}}) | partitionBy(7);
    auto const grouped = pairs | sample(false, 1) | groupByKey();
    CHECK(grouped.numPartitions() == 7);
    CHECK((pairs | sample(true, 2) | groupByKey()).numPartitions() == 7);
    CHECK((grouped | count()) == 2);
}
