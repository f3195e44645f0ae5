#pragma once

#include <sluice/batch/error.hpp>
#include <sluice/batch/owned.hpp>

#include <compare>
#include <cstdint>
#include <iosfwd>
#include <mutex>  // for std::chrono: <chrono> itself brings calendars and streams, and 0.15 s
#include <string>
#include <type_traits>
#include <vector>

// One file although it is long: lengths, times and intervals are of use only with each other, and are mostly examples.

namespace sluice::inline SLUICE_ABI {

/// A length of time, in microseconds: `1s`, `250ms`, `2min`.
///
/// ```cpp
/// Duration const interval = 1s;
/// CHECK(interval.count() == 1'000'000);
/// ```
using Duration = std::chrono::microseconds;

namespace detail {

// Sums end at the longest length of time: that one means for ever.
constexpr Duration plus(Duration a, Duration b)
{
    std::int64_t sum = 0;
    if (!__builtin_add_overflow(a.count(), b.count(), &sum)) return Duration{sum};
    return b < Duration{} ? Duration::min() : Duration::max();
}
constexpr Duration minus(Duration a, Duration b)
{
    std::int64_t difference = 0;
    if (!__builtin_sub_overflow(a.count(), b.count(), &difference)) return Duration{difference};
    return b < Duration{} ? Duration::max() : Duration::min();
}
constexpr Duration times(Duration d, std::int64_t n)
{
    std::int64_t product = 0;
    if (!__builtin_mul_overflow(d.count(), n, &product)) return Duration{product};
    return (d < Duration{}) == (n < 0) ? Duration::max() : Duration::min();
}

template <class N>
inline constexpr bool isNumber = std::is_arithmetic_v<N>;
template <class D>
inline constexpr bool isWholeMicroseconds = std::is_convertible_v<D, Duration>;

/// A Duration as a parameter, which says what is wrong with a number, and with parts of a microsecond. Longer than the longest
/// one is for ever, too.
class Length {
public:
    template <class Rep, class Period>
    constexpr Length(std::chrono::duration<Rep, Period> d)  // NOLINT: implicit, it stands for it
        : length_(microseconds(d))
    {
    }
    template <class N>
        requires isNumber<N>
    constexpr Length(N)  // NOLINT: implicit, to be refused
    {
        static_assert(!isNumber<N>, "sluice: a length of time has a unit: 30s or 500ms, with `using namespace std::chrono_literals`");
    }

    constexpr operator Duration() const { return length_; }  // NOLINT: implicit, it is one

private:
    template <class D>
    static constexpr Duration microseconds(D d)
    {
        static_assert(
            isWholeMicroseconds<D>,
            "sluice: a length of time is a whole number of microseconds: round with std::chrono::duration_cast<sluice::Duration>");
        if constexpr (!isWholeMicroseconds<D>) return {};
        else if (d > std::chrono::duration_cast<D>(Duration::max())) return Duration::max();
        else if (d < std::chrono::duration_cast<D>(Duration::min())) return Duration::min();
        else return d;
    }

    Duration length_{};
};

}  // namespace detail

namespace detail {

std::string milliseconds(std::int64_t microseconds, char const* unit = "");

inline std::string oneDecimal(double value, char const* unit)
{
    auto const tenths = static_cast<std::int64_t>(value * 10 + 0.5);
    return concat({Digits{tenths / 10}.text(), ".", Digits{tenths % 10}.text(), " ", unit});
}

}  // namespace detail

namespace detail {

/// An object, as names of functions are found in test libraries, too, that have a toString of their own.
struct ToStringFn {
    [[nodiscard]] std::string operator()(Duration d) const { return milliseconds(d.count(), " ms"); }
    template <class T>
    [[nodiscard]] std::string operator()(T const& t) const
        requires requires { t.toString(); }
    {
        return t.toString();
    }
};

}  // namespace detail

/// `"1500 ms"`; parts of a millisecond as `"0.250 ms"`. Of a `Duration`, and, as their members do, of a `Time` and an `Interval`.
///
/// ```cpp
/// CHECK(toString(1500ms) == "1500 ms");
/// CHECK(toString(Time{1500ms}) == "1500 ms");
/// CHECK(toString(Interval{Time{1s}, Time{3s}}) == "[1000 ms, 3000 ms]");
/// ```
inline constexpr detail::ToStringFn toString{};

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

/// A point in time, in microseconds since the Unix epoch: of its own type, so that it is not mixed up with a length. Sums and
/// differences end at the first and the last time that there is: `Duration::max()` from now on is for ever.
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
    friend constexpr Time operator+(Time t, Duration d) { return Time{detail::plus(t.sinceEpoch_, d)}; }
    friend constexpr Time operator-(Time t, Duration d) { return Time{detail::minus(t.sinceEpoch_, d)}; }
    friend constexpr Duration operator-(Time a, Time b) { return detail::minus(a.sinceEpoch_, b.sinceEpoch_); }

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
    [[nodiscard]] std::vector<Point> until(Time end, Duration step) const
    {
        return steps<Point>("until", end, step, false);
    }
    /// As until(), with `end` itself where a step meets it.
    template <class Point = Time>
    [[nodiscard]] std::vector<Point> to(Time end, Duration step) const
    {
        return steps<Point>("to", end, step, true);
    }

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
            throw InvalidArgument{
                detail::concat({"sluice::Time::", who, "(end, step): step must be positive, got ", sluice::toString(step)})};
        }
        std::vector<Point> out;
        for (Time t = *this; t < end || (closed && t == end); t = t + step) {
            out.push_back(t);
            if (end - t < step) break;
        }
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
    [[nodiscard]] std::string toString() const { return detail::concat({"[", beginTime.toString(), ", ", endTime.toString(), "]"}); }

private:
    SLUICE_COLD static void requireSameLength(Interval a, Interval b)
    {
        if (a.duration() == b.duration()) return;
        throw InvalidArgument{detail::concat({"sluice::Interval: only intervals of one length can be compared, got ",
                                              sluice::toString(a.duration()), " and ", sluice::toString(b.duration())})};
    }
};

namespace detail {

/// Whether `<ostream>` has been included: here it would cost everybody.
template <class Traits>
concept OStreamKnown = requires(std::basic_ostream<char, Traits>& out) { out.flush(); };

}  // namespace detail

/// As `toString`; for those who include `<ostream>`. That of a Duration, which is a type of std::chrono, is found where names of
/// sluice are: with `using namespace sluice`, or `using sluice::operator<<`.
///
/// ```cpp
/// std::ostringstream out;
/// out << Time{1500ms} << ", " << Duration{250ms};
/// CHECK(out.str() == "1500 ms, 250 ms");
/// ```
template <detail::OStreamKnown Traits>
std::basic_ostream<char, Traits>& operator<<(std::basic_ostream<char, Traits>& out, Time t)
{
    return out << std::string_view{t.toString()};
}
template <detail::OStreamKnown Traits>
std::basic_ostream<char, Traits>& operator<<(std::basic_ostream<char, Traits>& out, Interval i)
{
    return out << std::string_view{i.toString()};
}
template <detail::OStreamKnown Traits, class Rep, class Period>
    requires std::is_same_v<std::chrono::duration<Rep, Period>, Duration>
std::basic_ostream<char, Traits>& operator<<(std::basic_ostream<char, Traits>& out, std::chrono::duration<Rep, Period> d)
{
    return out << std::string_view{toString(d)};
}

}  // namespace sluice::inline SLUICE_ABI

#ifndef SLUICE_COMPILED
#include <sluice/stream/time.ipp>
#endif
