#include <sluice/operators/filter.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/stats.hpp>
#include <sluice/testing/run_batches.hpp>

#include "../verify.hpp"
#include "laws.hpp"

#include <limits>
#include <stdexcept>

using namespace sluice;
using namespace sluice::tests;

namespace {

constexpr int numbers[] = {2, 4, 4, 4, 5, 5, 7, 9};
constexpr double infinity = std::numeric_limits<double>::infinity();

static_assert(std::is_same_v<decltype(rdd(numbers) | stats()), StatCounter>);
static_assert(!detail::Stats::accepts<detail::Slices<std::string>>);

}  // namespace

TEST_CASE("stats gives count, mean, sum, least, greatest and both variances")
{
    constexpr StatCounter s = rdd(numbers) | stats();
    VERIFY(s.count() == 8);
    VERIFY(s.mean() == 5);
    VERIFY(s.sum() == 40);
    VERIFY(s.min() == 2);
    VERIFY(s.max() == 9);
    VERIFY(s.variance() == 4);
    CHECK(s.sampleVariance() == doctest::Approx(32.0 / 7));
    CHECK(s.stdev() == 2);
    CHECK(s.sampleStdev() == doctest::Approx(2.13809));
}

TEST_CASE("stats of nothing, and of one")
{
    constexpr StatCounter none = rdd(std::vector<int>{}, 2) | stats();
    VERIFY(none == StatCounter{});
    VERIFY(none.count() == 0);
    VERIFY(none.mean() == 0);
    VERIFY(none.sum() == 0);
    VERIFY(none.min() == infinity);
    VERIFY(none.max() == -infinity);
    CHECK(none.variance() != none.variance());
    CHECK(none.stdev() != none.stdev());

    constexpr StatCounter one = rdd({3}) | stats();
    VERIFY(one.variance() == 0);
    CHECK(one.sampleVariance() != one.sampleVariance());
    CHECK(one.sampleStdev() != one.sampleStdev());
}

TEST_CASE("the variance of large numbers that differ little is not cancelled")
{
    std::vector<double> large;
    for (int x : numbers) large.push_back(1e9 + x);
    for (std::size_t n = 1; n <= 8; ++n) CHECK((rdd(large, n) | stats()).variance() == doctest::Approx(4).epsilon(1e-6));
}

TEST_CASE("however a batch is cut, its stats are about the same, and the same each time")
{
    std::vector<double> many;
    for (int i = 0; i < 1000; ++i) many.push_back(i * 0.37 - i % 7);
    auto const whole = rdd(many) | stats();
    for (std::size_t n : {2UL, 3UL, 50UL, 1000UL}) {
        auto const cut = rdd(many, n) | stats();
        CHECK(cut.count() == 1000);
        CHECK(cut.mean() == doctest::Approx(whole.mean()).epsilon(1e-12));
        CHECK(cut.variance() == doctest::Approx(whole.variance()).epsilon(1e-12));
        CHECK(cut.min() == whole.min());
        CHECK(cut.max() == whole.max());
        CHECK(cut == (rdd(many, n) | stats()));
    }
    CHECK(obeysErasureLaw(stats(), many));
}

TEST_CASE("counters merge whatever their sizes are, and with nothing")
{
    for (int size : {1, 5, 20, 100}) {
        for (int other : {0, 1, 5, 100}) {
            StatCounter a, b, all;
            for (int i = 0; i < size; ++i) {
                a.merge(i * i);
                all.merge(i * i);
            }
            for (int i = 0; i < other; ++i) {
                b.merge(3 - i);
                all.merge(3 - i);
            }
            CHECK(StatCounter{b}.merge(a).count() == all.count());
            CHECK(StatCounter{b}.merge(a).mean() == doctest::Approx(all.mean()));
            CHECK(StatCounter{b}.merge(a).variance() == doctest::Approx(all.variance()));
            a.merge(b);
            CHECK(a.mean() == doctest::Approx(all.mean()));
            CHECK(a.variance() == doctest::Approx(all.variance()));
            CHECK(a.min() == all.min());
            CHECK(a.max() == all.max());
        }
    }
    StatCounter twice = StatCounter{}.merge(1).merge(3);
    twice.merge(twice);
    CHECK(twice == StatCounter{}.merge(1).merge(3).merge(StatCounter{}.merge(1).merge(3)));
    CHECK(twice.count() == 4);
    CHECK(twice.variance() == 1);
}

TEST_CASE("NaN makes the mean NaN, and leaves the least and the greatest alone")
{
    auto const s = rdd({1.0, std::numeric_limits<double>::quiet_NaN(), 2.0}, 2) | stats();
    CHECK(s.count() == 3);
    CHECK(s.mean() != s.mean());
    CHECK(s.variance() != s.variance());
    CHECK(s.min() == 1);
    CHECK(s.max() == 2);
}

TEST_CASE("a counter has a text form")
{
    CHECK(textOf(rdd(numbers) | stats()) == "(count: 8, mean: 5.0, stdev: 2.0, max: 9.0, min: 2.0)");
    CHECK(textOf(StatCounter{}) == "(count: 0, mean: 0.0, stdev: NaN, max: -Infinity, min: Infinity)");
}

TEST_CASE("stats in a stream is one record a batch, of an empty one too, and no RDD of none")
{
    auto const out = testing::runBatches<int>({{1, 3}, {}, std::nullopt}, [](auto in) { return in | stats(); });
    CHECK(out == testing::Batches<StatCounter>{{StatCounter{}.merge(1).merge(StatCounter{}.merge(3))}, {StatCounter{}}, std::nullopt});
}

TEST_CASE("what fails before stats names its operator and the partition")
{
    auto const throwing = map([](int x) { return x == 7 ? throw std::out_of_range{"seven"} : x; });
    auto const failure = failureOf([&] { return rdd(numbers, 8) | throwing | stats(); });
    CHECK(failure.kind == "map");
    CHECK(failure.partition == 6);
}
