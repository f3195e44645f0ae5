#pragma once

#include <sluice/operators/detail/pieces.hpp>

#include <bit>
#include <cstdint>
#include <type_traits>

namespace sluice::inline SLUICE_ABI {

namespace detail {

/// The high bits of those of eight bytes that are white space.
constexpr std::uint64_t spacesOf(std::uint64_t bytes) noexcept
{
    constexpr std::uint64_t each = 0x0101010101010101;
    auto const low = bytes & each * 0x7f;  // sums of these carry into no neighbour
    auto const control = (low + each * (0x80 - '\t')) & ~(low + each * (0x7f - '\r'));
    auto const blank = ~((low ^ each * ' ') + each * 0x7f);
    return (control | blank) & ~bytes & each * 0x80;
}

/// The first white space in [from, end), or end. By eight bytes: words are so short that byte by byte the end of each
/// is a branch that nobody foresees.
constexpr char const* findSpace(char const* from, char const* end) noexcept
{
    static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "sluice: split() is written for little-endian machines");
    if (!std::is_constant_evaluated()) {
        for (; end - from >= 8; from += 8) {
            std::uint64_t bytes;
            __builtin_memcpy(&bytes, from, 8);
            if (auto const spaces = spacesOf(bytes); spaces != 0) return from + (std::countr_zero(spaces) >> 3);
        }
    }
    while (from != end && !isSpace(*from)) ++from;
    return from;
}

/// At runs of white space.
struct AtSpaces {
    [[nodiscard]] static constexpr Piece first(char const* from, char const* end) noexcept
    {
        while (from != end && isSpace(*from)) ++from;
        return {from, findSpace(from, end)};
    }
    [[nodiscard]] static constexpr Piece next(Piece word, char const* end) noexcept { return first(word.end, end); }
    [[nodiscard]] static constexpr char const* none(char const* end) noexcept { return end; }
    [[nodiscard]] static auto kernel() noexcept { return textKernel<CutWords>(); }
};
using Words = Pieces<AtSpaces>;

/// At each separator. What begins at null is no piece: so it is behind the last one, and of a text that is at null.
struct AtSeparator {
    char separator;

    [[nodiscard]] constexpr Piece first(char const* from, char const* end) const noexcept
    {
        auto const* const found = std::char_traits<char>::find(from, static_cast<std::size_t>(end - from), separator);
        return {from, found != nullptr ? found : end};
    }
    [[nodiscard]] constexpr Piece next(Piece field, char const* end) const noexcept
    {
        return field.end == end ? Piece{} : first(field.end + 1, end);
    }
    [[nodiscard]] static constexpr char const* none(char const*) noexcept { return nullptr; }
    [[nodiscard]] auto kernel() const noexcept
    {
        return [fields = textKernel<CutFields>(), by = separator](char const* from, char const* end, char const** bounds) {
            return fields(from, end, by, bounds);
        };
    }
};
using Fields = Pieces<AtSeparator>;

struct Split : OfText {
    static constexpr bool acrossLines = true;  // no word has an LF or a CR
    [[nodiscard]] constexpr Words operator()(std::string_view text) const noexcept { return Words{text}; }
};

struct SplitAt : OfText {
    char separator;
    [[nodiscard]] constexpr Fields operator()(std::string_view text) const noexcept
    {
        if (text.empty()) return Fields{"", {separator}};  // one empty string, which is not at null
        while (!text.empty() && text.back() == separator) text.remove_suffix(1);
        return Fields{text.empty() ? std::string_view{} : text, {separator}};
    }
};

struct SplitFn {
    [[nodiscard]] constexpr Split operator()() const noexcept { return {}; }
    [[nodiscard]] constexpr SplitAt operator()(char separator) const noexcept { return {{}, separator}; }
};

}  // namespace detail

/// The words of a text, or its fields between separators: `split()`, `split(separator)`; for `flatMap`, or alone.
///
/// Both give functions of a `std::string_view` that return a light range of views into it; nothing is copied or
/// allocated.
///
/// - `split()`: the maximal runs of bytes that are not white space in the C locale (space, \\t, \\n, \\v, \\f, \\r).
///   Bytes are not decoded; those above 127 belong to words.
/// - `split(',')`: what stands between the commas. Empty strings are kept at the front and inside, and dropped at the
///   end; the empty text is one empty string, a text of nothing but separators none.
///
/// ```cpp
/// auto tokens = rdd({std::string_view{"to be"}, std::string_view{" or  not\n"}}) | flatMap(split());
/// CHECK((tokens | collect()) == std::vector<std::string>{"to", "be", "or", "not"});
///
/// int fields = 0;
/// for (std::string_view field : split(',')("a,,b,,")) fields += field.empty() ? 10 : 1;
/// CHECK(fields == 12);
/// ```
inline constexpr detail::SplitFn split{};

}  // namespace sluice::inline SLUICE_ABI
