#include <sluice/outputs/foreach_rdd.hpp>
#include <sluice/runtime/pid_rate_estimator.hpp>
#include <sluice/sources/channel_stream.hpp>
#include <sluice/testing/harness.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <random>

using namespace sluice;
using namespace std::chrono_literals;

// What Spark's own suite looks at, a case each, and what the formulas give by hand. Times are in milliseconds, as there.

namespace {

using Rate = std::optional<double>;

class Pid {
public:
    explicit Pid(double proportional = 1, double integral = 0, double derived = 0, double minRate = 10, Duration interval = 20ms)
        : estimator_(interval, {.backpressurePidProportional = proportional,
                                .backpressurePidIntegral = integral,
                                .backpressurePidDerived = derived,
                                .backpressurePidMinRate = minRate})
    {
    }
    Rate compute(int end, std::int64_t records, int processing, int late)
    {
        return estimator_.compute({Time{end * 1ms}, processing * 1ms, late * 1ms}, records);
    }

private:
    detail::PidRateEstimator estimator_;
};

std::string refused(Config const& config)
{
    try {
        detail::PidRateEstimator const estimator{1s, config};
    } catch (InvalidArgument const& error) {
        return error.what();
    }
    return "";
}

constexpr auto noNumber = std::numeric_limits<double>::quiet_NaN();
constexpr auto infinite = std::numeric_limits<double>::infinity();

}  // namespace

TEST_CASE("the estimator is called pid; another one is refused by its name")
{
    CHECK(refused({}).empty());
    CHECK(refused({.backpressureRateEstimator = "pid"}).empty());
    CHECK(refused({.backpressureRateEstimator = "PID"}) ==
          "sluice::Config::backpressureRateEstimator: there is none but \"pid\", got \"PID\"");
    CHECK(refused({.backpressureRateEstimator = ""}) == "sluice::Config::backpressureRateEstimator: there is none but \"pid\", got \"\"");
}

TEST_CASE("settings out of range are refused, each by its name")
{
    for (auto const bad : {-1.0, -0.25, noNumber, infinite}) {
        CHECK(refused({.backpressurePidProportional = bad})
                  .starts_with("sluice::Config::backpressurePidProportional: it must be 0 or more, got "));
        CHECK(refused({.backpressurePidIntegral = bad}).starts_with("sluice::Config::backpressurePidIntegral: it must be 0 or more, got "));
        CHECK(refused({.backpressurePidDerived = bad}).starts_with("sluice::Config::backpressurePidDerived: it must be 0 or more, got "));
    }
    for (auto const bad : {0.0, -10.0, noNumber, infinite}) {
        CHECK(refused({.backpressurePidMinRate = bad}).starts_with("sluice::Config::backpressurePidMinRate: it must be more than 0, got "));
        CHECK(
            refused({.backpressureInitialRate = bad}).starts_with("sluice::Config::backpressureInitialRate: it must be more than 0, got "));
    }
    CHECK(refused({.backpressurePidIntegral = -0.25}) == "sluice::Config::backpressurePidIntegral: it must be 0 or more, got -0.25");
    CHECK(refused({.backpressurePidProportional = 0, .backpressurePidIntegral = 0, .backpressurePidDerived = 0}).empty());
}

TEST_CASE("the first batch gives no rate")
{
    Pid pid;
    CHECK(pid.compute(0, 10, 10, 0) == Rate{});
}

TEST_CASE("the second batch gives one")
{
    Pid pid;
    CHECK(pid.compute(0, 10, 10, 0) == Rate{});
    CHECK(pid.compute(10, 10, 10, 0) == Rate{1000});
}

TEST_CASE("a batch that ends with the one before gives none")
{
    Pid pid;
    CHECK(pid.compute(0, 10, 10, 0) == Rate{});
    CHECK(pid.compute(10, 10, 10, 0) == Rate{1000});
    CHECK(pid.compute(10, 10, 10, 0) == Rate{});
    CHECK(pid.compute(9, 10, 10, 0) == Rate{});
    CHECK(pid.compute(11, 10, 10, 0) == Rate{1000});
}

TEST_CASE("a batch without records gives none, and changes nothing")
{
    Pid pid;
    CHECK(pid.compute(0, 10, 10, 0) == Rate{});
    CHECK(pid.compute(10, 0, 10, 0) == Rate{});
    CHECK(pid.compute(20, -10, 10, 0) == Rate{});
    CHECK(pid.compute(5, 10, 10, 0) == Rate{1000});  // the time of those was not taken
}

TEST_CASE("a batch that took no time gives none, and changes nothing")
{
    Pid pid;
    CHECK(pid.compute(0, 10, 10, 0) == Rate{});
    CHECK(pid.compute(10, 10, 0, 0) == Rate{});
    CHECK(pid.compute(20, 10, -10, 0) == Rate{});
    CHECK(pid.compute(5, 10, 10, 0) == Rate{1000});
}

TEST_CASE("a rate is never less than the least one")
{
    Pid pid{1, 1, 0, 5};
    CHECK(pid.compute(0, 1, 20, 100) == Rate{});
    for (int i = 1; i < 50; ++i) CHECK(pid.compute(20 * i, 1, 20, 100) == Rate{5});
}

TEST_CASE("where nothing piles up the rate follows the speed of batches that become faster")
{
    Pid pid{1, 1, 0, 10};
    CHECK(pid.compute(0, 20, 20, 0) == Rate{});
    for (int i = 1; i < 50; ++i) CHECK(pid.compute(20 * i, 20 * (i + 1), 20, 0) == Rate{1000.0 * (i + 1)});
}

TEST_CASE("where nothing piles up the rate follows the speed of batches that become slower")
{
    Pid pid{1, 1, 0, 10};
    CHECK(pid.compute(0, 1000, 20, 0) == Rate{});
    for (int i = 1; i < 50; ++i) CHECK(pid.compute(20 * i, 20 * (50 - i), 20, 0) == Rate{1000.0 * (50 - i)});
}

TEST_CASE("where something piles up the rate stays below the speed of batches, whatever that is")
{
    std::mt19937 random{7};
    for (int round = 0; round < 20; ++round) {
        Pid pid{1, 0.01, 0, 10};
        for (int i = 0; i < 50; ++i) {
            auto const records = static_cast<std::int64_t>(1 + random() % 1000);
            auto const late = static_cast<int>(random() % 19);
            auto const rate = pid.compute(20 * i, records, 20, late);
            CHECK(rate.has_value() == (i > 0));
            auto const speed = static_cast<double>(records) * 50;
            if (rate && late > 0 && speed > 10.1) CHECK(*rate < speed);
            if (rate && late == 0) CHECK(std::abs(*rate - speed) < 1e-6);
        }
    }
}

TEST_CASE("each gain does what the formula says")
{
    SUBCASE("proportional: so much of the difference is taken back")
    {
        Pid pid{0.5};
        static_cast<void>(pid.compute(0, 10, 10, 0));     // 1000 a second
        CHECK(pid.compute(20, 20, 10, 0) == Rate{1500});  // 2000
        CHECK(pid.compute(40, 20, 10, 0) == Rate{1750});  // 2000
    }
    SUBCASE("integral: what piled up in the time that the batch was late is spread over an interval")
    {
        Pid pid{1, 0.5};
        static_cast<void>(pid.compute(0, 10, 10, 0));
        CHECK(pid.compute(20, 10, 10, 10) == Rate{750});  // 1000 - 0.5 * 10 ms * 1000 / 20 ms
    }
    SUBCASE("derived: the change of the difference, a second")
    {
        Pid pid{1, 0, 0.01};
        static_cast<void>(pid.compute(0, 10, 10, 0));
        CHECK(pid.compute(20, 20, 10, 0) == Rate{2500});  // 2000 - 0.01 * (-1000 - 0) / 0.02 s
        CHECK(pid.compute(40, 20, 10, 0) == Rate{1250});  // 2000 - 0.01 * (500 + 1000) / 0.02 s
    }
    SUBCASE("as Spark has them where nothing is said")
    {
        detail::PidRateEstimator estimator{1s, Config{}};
        CHECK(!estimator.compute({Time{1s}, 1s, 0s}, 5000));
        CHECK(estimator.compute({Time{2s}, 1s, 500ms}, 5000) == Rate{4500});
        CHECK(estimator.compute({Time{3s}, 1s, 100s}, 5000) == Rate{100});
    }
}

TEST_CASE("one that is restored goes on, whatever time has passed since")
{
    Config const config{.backpressurePidIntegral = 0, .backpressurePidDerived = 0.01};
    detail::PidRateEstimator before{1s, config};
    detail::LearnedRate learned;
    CHECK(!before.tell(learned));
    CHECK(!before.compute({Time{1s}, 1s, 0s}, 5000));
    CHECK(before.compute({Time{2s}, 1s, 0s}, 4000) == Rate{3990});  // 4000 - 0.01 * (1000 - 0) / 1 s
    CHECK(before.tell(learned));
    CHECK(learned.rate == 3990);
    CHECK(learned.error == 1000);
    detail::PidRateEstimator after{1s, config};
    after.restore(learned);
    CHECK(after.compute({Time{1s}, 1s, 0s}, 3000) == Rate{3000});    // also by a clock that is behind
    CHECK(after.compute({Time{2s}, 1s, 0s}, 3000) == Rate{3009.9});  // 3000 - 0.01 * (0 - 990) / 1 s
}

TEST_CASE("a context refuses settings of backpressure that are out of range, where it is enabled")
{
    CHECK_THROWS_WITH_AS(StreamingContext({.backpressureEnabled = true, .backpressurePidMinRate = 0}, 1s),
                         "sluice::Config::backpressurePidMinRate: it must be more than 0, got 0", InvalidArgument);
    CHECK_THROWS_AS(StreamingContext({.backpressureEnabled = true, .backpressureRateEstimator = "best"}, 1s), InvalidArgument);
    CHECK_THROWS_AS(StreamingContext({.backpressureEnabled = true}, 0s), InvalidArgument);
    StreamingContext const fine{{.backpressurePidMinRate = 0}, 1s};
}
