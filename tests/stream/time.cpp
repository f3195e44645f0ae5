#include <sluice/stream/time.hpp>

#include <doctest/doctest.h>

#include <sstream>

using namespace sluice;
using namespace std::chrono_literals;

static_assert(std::is_same_v<Duration, std::chrono::microseconds>);
static_assert(!std::is_convertible_v<Duration, Time> && !std::is_convertible_v<Time, Duration>);
static_assert(Time{1s} + 500ms == Time{1500ms});
static_assert(Time{1s} - 1500ms == Time{-500ms});
static_assert(Time{3s} - Time{1s} == 2s);
static_assert(Time{1s} < Time{1001ms} && Time{1s} <= Time{1s} && Time{2s} > Time{1s});
static_assert(Time{1s}.min(Time{2s}) == Time{1s} && Time{1s}.max(Time{2s}) == Time{2s});
static_assert(Time{}.microseconds() == 0);
static_assert(Time{1500us}.milliseconds() == 1 && Time{1500us}.microseconds() == 1500);
static_assert(Time{-1500us}.milliseconds() == -1);

// Sums end where the type does.
constexpr Time last{Duration::max()};
constexpr Time farthest{Duration::min()};
static_assert(last + 1us == last && Time{1s} + Duration::max() == last && Time{} - Duration::min() == last);
static_assert(farthest - 1us == farthest && Time{-1s} - Duration::max() == farthest && Time{-1s} + Duration::min() == farthest);
static_assert(last - farthest == Duration::max() && farthest - last == Duration::min());
static_assert(detail::times(Duration::max(), 2) == Duration::max() && detail::times(Duration::max(), -2) == Duration::min());
static_assert(detail::times(2s, 3) == 6s && detail::times(Duration::min(), 3) == Duration::min());
static_assert(Duration{detail::Length{std::chrono::hours::max()}} == Duration::max() &&
              Duration{detail::Length{std::chrono::hours::min()}} == Duration::min());
static_assert(Duration{detail::Length{2h}} == Duration{2h} && Duration{detail::Length{Duration::max()}} == Duration::max());

TEST_CASE("a duration is told in milliseconds, with the rest where there is one")
{
    CHECK(toString(0s) == "0 ms");
    CHECK(toString(2s) == "2000 ms");
    CHECK(toString(-2s) == "-2000 ms");
    CHECK(toString(250us) == "0.250 ms");
    CHECK(toString(1'000'001us) == "1000.001 ms");
    CHECK(toString(-250us) == "-0.250 ms");
    CHECK(toString(-1'050us) == "-1.050 ms");
    CHECK(toFormattedString(1500ms) == "1500");
    CHECK(toFormattedString(1us) == "0.001");
}

TEST_CASE("a duration for people")
{
    CHECK(prettyPrint(15ms) == "15 ms");
    CHECK(prettyPrint(999ms) == "999 ms");
    CHECK(prettyPrint(1s) == "1.0 s");
    CHECK(prettyPrint(2500ms) == "2.5 s");
    CHECK(prettyPrint(90s) == "1.5 m");
    CHECK(prettyPrint(1h) == "1.0 h");
    CHECK(prettyPrint(36h) == "36.0 h");
}

TEST_CASE("a duration is a multiple of a step, or not")
{
    CHECK(isMultipleOf(6s, 2s));
    CHECK(!isMultipleOf(5s, 2s));
    CHECK(isMultipleOf(0s, 2s));
    CHECK(isMultipleOf(-4s, 2s));
    CHECK_THROWS_WITH_AS(isMultipleOf(1s, 0s), "sluice::isMultipleOf(d, step): step must not be zero", InvalidArgument);
}

TEST_CASE("floor gives the last point of a grid")
{
    CHECK(Time{1500ms}.floor(1s) == Time{1s});
    CHECK(Time{2s}.floor(1s) == Time{2s});
    CHECK(Time{1'999'999us}.floor(1s) == Time{1s});
    CHECK(Time{1350ms}.floor(200ms) == Time{1200ms});
    CHECK(Time{1350ms}.floor(500ms, Time{100ms}) == Time{1100ms});
    CHECK(Time{1100ms}.floor(500ms, Time{100ms}) == Time{1100ms});
    CHECK(Time{1099ms}.floor(500ms, Time{100ms}) == Time{600ms});
}

TEST_CASE("before zero, floor gives the next point of the grid, as the model")
{
    CHECK(Time{-1500ms}.floor(1s) == Time{-1s});
    CHECK(Time{500ms}.floor(1s, Time{2s}) == Time{1s});
    CHECK(Time{1s}.floor(1s, Time{2s}) == Time{1s});
}

TEST_CASE("a time lies on a grid, or not")
{
    CHECK(Time{6s}.isMultipleOf(2s));
    CHECK(!Time{5s}.isMultipleOf(2s));
    CHECK(!Time{5'000'001us}.isMultipleOf(1s));
}

TEST_CASE("a step of zero is refused")
{
    CHECK_THROWS_WITH_AS(static_cast<void>(Time{1s}.floor(0s)), "sluice::Time::floor(step): step must not be zero", InvalidArgument);
    CHECK_THROWS_WITH_AS(static_cast<void>(Time{1s}.isMultipleOf(0s)), "sluice::Time::isMultipleOf(step): step must not be zero",
                         InvalidArgument);
}

TEST_CASE("until leaves the end out, to has it where a step meets it")
{
    using Times = std::vector<Time>;
    CHECK(Time{1s}.until(Time{3s}, 1s) == Times{Time{1s}, Time{2s}});
    CHECK(Time{1s}.to(Time{3s}, 1s) == Times{Time{1s}, Time{2s}, Time{3s}});
    CHECK(Time{1s}.to(Time{3s}, 1500ms) == Times{Time{1s}, Time{2500ms}});
    CHECK(Time{1s}.until(Time{1s}, 1s).empty());
    CHECK(Time{1s}.to(Time{1s}, 1s) == Times{Time{1s}});
    CHECK(Time{2s}.to(Time{1s}, 1s).empty());
    CHECK_THROWS_WITH_AS(static_cast<void>(Time{1s}.until(Time{2s}, 0s)), "sluice::Time::until(end, step): step must be positive, got 0 ms",
                         InvalidArgument);
    CHECK_THROWS_WITH_AS(static_cast<void>(Time{1s}.to(Time{2s}, -1s)), "sluice::Time::to(end, step): step must be positive, got -1000 ms",
                         InvalidArgument);
}

TEST_CASE("a time is told in milliseconds since the epoch")
{
    CHECK(Time{1500ms}.toString() == "1500 ms");
    CHECK(Time{1'500'250us}.toString() == "1500.250 ms");
}

TEST_CASE("an interval shifts with both ends")
{
    Interval const i{Time{1s}, Time{3s}};
    CHECK(i.beginTime == Time{1s});
    CHECK(i.endTime == Time{3s});
    CHECK(i.duration() == 2s);
    CHECK(i + 1s == Interval{Time{2s}, Time{4s}});
    CHECK(i - 1s == Interval{Time{0s}, Time{2s}});
    CHECK(i.toString() == "[1000 ms, 3000 ms]");
}

TEST_CASE("only intervals of one length are compared")
{
    Interval const i{Time{1s}, Time{3s}};
    CHECK(i < i + 1s);
    CHECK(i <= i);
    CHECK(!(i < i));
    CHECK(i + 1s > i);
    CHECK(i >= i - 1s);
    Interval const shorter{Time{1s}, Time{2s}};
    CHECK(i != shorter);
    CHECK_THROWS_WITH_AS(static_cast<void>(i < shorter),
                         "sluice::Interval: only intervals of one length can be compared, got 2000 ms and 1000 ms", InvalidArgument);
}

TEST_CASE("steps end at the last time that there is")
{
    CHECK((last - 1s).to(last, 1s) == std::vector{last - 1s, last});
    CHECK((last - 1s).until(last, 600ms) == std::vector{last - 1s, last - 400ms});
    CHECK(last.floor(1s) == last - 775'807us);
    CHECK(last.floor(1s, Time{500ms}) == last - 275'807us);
}

TEST_CASE("times, lengths and intervals are written as toString tells them")
{
    std::ostringstream out;
    out << Time{1500ms} << ' ' << Duration{250us} << ' ' << Interval{Time{1s}, Time{3s}};
    CHECK(out.str() == "1500 ms 0.250 ms [1000 ms, 3000 ms]");
    CHECK(toString(Time{1500ms}) == "1500 ms");
    CHECK(toString(Interval{Time{1s}, Time{3s}}) == "[1000 ms, 3000 ms]");
}
