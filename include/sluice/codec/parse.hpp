#pragma once

#include <sluice/batch/error.hpp>

#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <type_traits>

namespace sluice::inline SLUICE_ABI {

namespace detail {

template <class T>
inline constexpr bool isParsed =
    std::is_floating_point_v<T> ||
    (std::is_integral_v<T> && !std::is_same_v<T, bool> && !std::is_same_v<T, char> && !std::is_same_v<T, wchar_t> &&
     !std::is_same_v<T, char8_t> && !std::is_same_v<T, char16_t> && !std::is_same_v<T, char32_t>);

/// What digits say, and whether they are a whole number that has its place in 64 bits.
struct Whole {
    std::uint64_t magnitude;
    bool isOne;
};

Whole wholeOf(std::string_view digits) noexcept;
/// The same, digit by digit.
constexpr Whole wholeByDigits(std::string_view digits) noexcept
{
    std::uint64_t magnitude = 0;
    for (char const c : digits) {
        auto const digit = static_cast<unsigned char>(c - '0');
        if (digit > 9 || __builtin_mul_overflow(magnitude, std::uint64_t{10}, &magnitude) ||
            __builtin_add_overflow(magnitude, std::uint64_t{digit}, &magnitude)) {
            return {0, false};
        }
    }
    return {magnitude, !digits.empty()};
}

bool readFloating(std::string_view text, float& value) noexcept;
bool readFloating(std::string_view text, double& value) noexcept;
bool readFloating(std::string_view text, long double& value) noexcept;

template <class T>
constexpr std::optional<T> parsed(std::string_view text) noexcept
{
    if constexpr (std::is_floating_point_v<T>) {
        T value;
        if (readFloating(text, value)) return value;
        return std::nullopt;
    } else {
        bool const negative = !text.empty() && text.front() == '-';
        if (negative || (!text.empty() && text.front() == '+')) text.remove_prefix(1);
        auto const [magnitude, isOne] = std::is_constant_evaluated() ? wholeByDigits(text) : wholeOf(text);
        constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<T>::max());
        if (!isOne || magnitude > most + (negative && std::is_signed_v<T> ? 1 : 0)) return std::nullopt;
        if constexpr (std::is_unsigned_v<T>) {
            if (negative && magnitude != 0) return std::nullopt;
        }
        return static_cast<T>(negative ? 0 - magnitude : magnitude);
    }
}

[[noreturn]] [[gnu::cold]] void refuseText(std::string_view text, char const* what, std::size_t bytes);

template <class T>
struct TryParse {
    static constexpr bool ofText = true;
    constexpr std::optional<T> operator()(std::string_view text) const noexcept { return parsed<T>(text); }
};

template <class T>
struct Parse {
    static constexpr bool ofText = true;
    constexpr T operator()(std::string_view text) const
    {
        auto const value = parsed<T>(text);
        if (!value) {
            refuseText(text,
                       std::is_floating_point_v<T> ? "floating-point number"
                       : std::is_signed_v<T>       ? "signed integer"
                                                   : "unsigned integer",
                       sizeof(T));
        }
        return *value;
    }
};

}  // namespace detail

/// A number out of a text: `parse<int>()`, `parse<double>()`, for `map`, or alone.
///
/// Gives a function of a `std::string_view` that returns a T, of integers (but for `bool` and characters) and floating point. The whole
/// text must be the number, without white space: a sign or none (`+`, `-`), and digits; in floating point as
/// `std::from_chars` has it, with `.` and `e`, and what `textOf` writes, as `Infinity` and `NaN`. What is none, or has no place in
/// T, is an `InvalidArgument` that shows the text: it fails the batch, or goes to the `deadLetters` of `map(parse<int>(), letters)`. Where
/// such records are to be left out, take `tryParse`.
///
/// ```cpp
/// CHECK((rdd({"7"sv, "+35"sv}) | map(parse<int>()) | sum()) == 42);
/// CHECK(parse<double>()("2.5e1") == 25);
/// CHECK_THROWS_AS(parse<std::uint8_t>()("256"), InvalidArgument);
/// ```
template <class T>
[[nodiscard]] constexpr auto parse() noexcept
{
    static_assert(detail::isParsed<T>, "sluice::parse<T>(): T must be an integer or floating-point type, and no character");
    return detail::Parse<T>{};
}

/// As `parse<T>()`, but what is no such number gives no record: `tryParse<int>()`, for `flatMap`, or alone.
///
/// Gives a function of a `std::string_view` that returns a `std::optional<T>`.
///
/// ```cpp
/// CHECK((rdd({"7"sv, "seven"sv, "35"sv}) | flatMap(tryParse<int>()) | sum()) == 42);
/// CHECK(tryParse<int>()("") == std::nullopt);
/// ```
template <class T>
[[nodiscard]] constexpr auto tryParse() noexcept
{
    static_assert(detail::isParsed<T>, "sluice::tryParse<T>(): T must be an integer or floating-point type, and no character");
    return detail::TryParse<T>{};
}

}  // namespace sluice::inline SLUICE_ABI

#ifndef SLUICE_COMPILED
#include <sluice/codec/parse.ipp>
#endif
