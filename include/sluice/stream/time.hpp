#pragma once

#include <sluice/batch/error.hpp>
#include <sluice/batch/owned.hpp>

#include <compare>
#include <cstdint>
#include <mutex>  // for std::chrono: <chrono> itself brings calendars and streams, and 0.15 s
#include <string>
#include <vector>

namespace sluice::inline SLUICE_ABI {

/// A length of time, in microseconds: `1s`, `250ms`, `2min`.
///
/// ```cpp
/// Duration const interval = 1s;
/// CHECK(interval.count() == 1'000'000);
/// ```
using Duration = std::chrono::microseconds;

namespace detail {

[[gnu::noinline]] inline std::string milliseconds(std::int64_t microseconds, char const* unit = "")
{
    auto const rest = microseconds % 1000;
    Digits const whole{microseconds / 1000};
    Digits const micro{1000 + (rest < 0 ? -rest : rest)};
    return concat({rest < 0 && microseconds > -1000 ? "-0" : whole.text(), rest != 0 ? "." : "",
                   rest != 0 ? micro.text().substr(1) : "", unit});
}

inline std::string oneDecimal(double value, char const* unit)
{
    auto const tenths = static_cast<std::int64_t>(value * 10 + 0.5);
    return concat({Digits{tenths / 10}.text(), ".", Digits{tenths % 10}.text(), " ", unit});
}

}  // namespace detail

/// `"1500 ms"`; parts of a millisecond as `"0.250 ms"`.
///
/// ```cpp
/// CHECK(toString(1500ms) == "1500 ms");
/// ```
inline std::string toString(Duration d) { return detail::milliseconds(d.count(), " ms"); }

/// `"1500"`: milliseconds without the unit.
///
/// ```cpp
/// CHECK(toFormattedString(2s) == "2000");
/// ```
inline std::string toFormattedString(Duration d) { return detail::milliseconds(d.count()); }

/// For people: `"15 ms"`, `"2.5 s"`, `"3.0 m"`, `"1.00 h"` becomes `"1.0 h"`.
///
/// ```cpp
/// CHECK(prettyPrint(90s) == "1.5 m");
/// ```
inline std::string prettyPrint(Duration d)
{
    auto const us = d.count();
    if (us < 1'000'000) return toString(d);
    if (us < 60'000'000) return detail::oneDecimal(static_cast<double>(us) / 1e6, "s");
    if (us < 3'600'000'000) return detail::oneDecimal(static_cast<double>(us) / 6e7, "m");
    return detail::oneDecimal(static_cast<double>(us) / 3.6e9, "h");
}

/// Whether d is a whole number of steps. A step of zero: `InvalidArgument`.
///
/// ```cpp
/// CHECK(isMultipleOf(6s, 2s));
/// CHECK(!isMultipleOf(5s, 2s));
/// ```
inline bool isMultipleOf(Duration d, Duration step)
{
    if (step.count() == 0) throw InvalidArgument{"sluice::isMultipleOf(d, step): step must not be zero"};
    return d.count() % step.count() == 0;
}

/// A point in time, in microseconds since the Unix epoch: of its own type, so that it is not mixed up with a length.
///
/// ```cpp
/// Time const t{1500ms};
/// CHECK(t.floor(1s) == Time{1s});
/// CHECK(t - Time{1s} == 500ms);
/// CHECK(t.toString() == "1500 ms");
/// ```
class Time {
public:
    constexpr Time() : sinceEpoch_(0) {}
    constexpr explicit Time(Duration sinceEpoch) : sinceEpoch_(sinceEpoch) {}

    [[nodiscard]] constexpr Duration sinceEpoch() const { return sinceEpoch_; }
    /// Whole milliseconds since the epoch, rounded towards zero.
    [[nodiscard]] constexpr std::int64_t milliseconds() const { return sinceEpoch_.count() / 1000; }
    [[nodiscard]] constexpr std::int64_t microseconds() const { return sinceEpoch_.count(); }

    friend constexpr auto operator<=>(Time const&, Time const&) = default;
    friend constexpr Time operator+(Time t, Duration d) { return Time{t.sinceEpoch_ + d}; }
    friend constexpr Time operator-(Time t, Duration d) { return Time{t.sinceEpoch_ - d}; }
    friend constexpr Duration operator-(Time a, Time b) { return a.sinceEpoch_ - b.sinceEpoch_; }

    /// The last point of the grid zero + k * step that is not behind this one; before zero, as in the model, the next.
    /// A step of zero: `InvalidArgument`.
    [[nodiscard]] Time floor(Duration step, Time zero = Time{}) const
    {
        requireStep("floor", step);
        return Time{(*this - zero) / step * step} + (zero - Time{});
    }

    /// Whether this lies on the grid k * step. A step of zero: `InvalidArgument`.
    [[nodiscard]] bool isMultipleOf(Duration step) const
    {
        requireStep("isMultipleOf", step);
        return sinceEpoch_.count() % step.count() == 0;
    }

    [[nodiscard]] constexpr Time min(Time other) const { return other < *this ? other : *this; }
    [[nodiscard]] constexpr Time max(Time other) const { return *this < other ? other : *this; }

    /// This and the following points, step by step, before `end`. A step that is not positive: `InvalidArgument`.
    template <class Point = Time>
    [[nodiscard]] std::vector<Point> until(Time end, Duration step) const { return steps<Point>("until", end, step, false); }
    /// The same with `end` itself, where a step meets it.
    template <class Point = Time>
    [[nodiscard]] std::vector<Point> to(Time end, Duration step) const { return steps<Point>("to", end, step, true); }

    /// `"1500 ms"`.
    [[nodiscard]] std::string toString() const { return sluice::toString(sinceEpoch_); }

private:
    SLUICE_COLD static void requireStep(char const* who, Duration step)
    {
        if (step.count() == 0) {
            throw InvalidArgument{detail::concat({"sluice::Time::", who, "(step): step must not be zero"})};
        }
    }

    template <class Point>
    std::vector<Point> steps(char const* who, Time end, Duration step, bool closed) const
    {
        if (step.count() <= 0) {
            throw InvalidArgument{detail::concat(
                {"sluice::Time::", who, "(end, step): step must be positive, got ", sluice::toString(step)})};
        }
        std::vector<Point> out;
        for (Time t = *this; t < end || (closed && t == end); t = t + step) out.push_back(t);
        return out;
    }

    Duration sinceEpoch_;
};
template <>
inline constexpr bool holdsNoViews<Time> = true;

/// From one time to another, as windows and `slice` see it. Intervals are ordered by their ends; of different lengths, that
/// throws `InvalidArgument`.
///
/// ```cpp
/// Interval const i{Time{1s}, Time{3s}};
/// CHECK(i.duration() == 2s);
/// CHECK((i + 1s) == Interval{Time{2s}, Time{4s}});
/// CHECK(i < i + 1s);
/// ```
struct Interval {
    Time beginTime;
    Time endTime;

    [[nodiscard]] constexpr Duration duration() const { return endTime - beginTime; }
    friend constexpr bool operator==(Interval const&, Interval const&) = default;
    friend constexpr Interval operator+(Interval i, Duration d) { return {i.beginTime + d, i.endTime + d}; }
    friend constexpr Interval operator-(Interval i, Duration d) { return {i.beginTime - d, i.endTime - d}; }

    friend std::strong_ordering operator<=>(Interval a, Interval b)
    {
        requireSameLength(a, b);
        return a.endTime <=> b.endTime;
    }

    /// `"[1000 ms, 3000 ms]"`.
    [[nodiscard]] std::string toString() const
    {
        return detail::concat({"[", beginTime.toString(), ", ", endTime.toString(), "]"});
    }

private:
    SLUICE_COLD static void requireSameLength(Interval a, Interval b)
    {
        if (a.duration() == b.duration()) return;
        throw InvalidArgument{detail::concat({"sluice::Interval: only intervals of one length can be compared, got ",
                                              sluice::toString(a.duration()), " and ", sluice::toString(b.duration())})};
    }
};

}  // namespace sluice::inline SLUICE_ABI
