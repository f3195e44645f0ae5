#pragma once

#include <sluice/batch/macros.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>
#include <string_view>
#include <type_traits>

namespace sluice::inline SLUICE_ABI {

namespace detail {

/// White space in the C locale: space, \t, \n, \v, \f, \r. Most bytes of a text are decided by the first comparison.
constexpr bool isSpace(char c) noexcept
{
    auto const byte = static_cast<unsigned char>(c);
    return byte <= ' ' && (byte == ' ' || (byte >= '\t' && byte <= '\r'));
}

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

/// The runs of bytes that are not white space, found one by one.
class Words {
public:
    class Iterator {
    public:
        using iterator_concept = std::forward_iterator_tag;
        using iterator_category = std::input_iterator_tag;
        using value_type = std::string_view;
        using difference_type = std::ptrdiff_t;
        using pointer = void;
        using reference = std::string_view;

        constexpr Iterator() = default;
        constexpr Iterator(char const* from, char const* end) noexcept : end_(end) { find(from); }

        constexpr std::string_view operator*() const noexcept { return {at_, static_cast<std::size_t>(stop_ - at_)}; }
        constexpr Iterator& operator++() noexcept
        {
            find(stop_);
            return *this;
        }
        constexpr Iterator operator++(int) noexcept
        {
            auto const before = *this;
            ++*this;
            return before;
        }
        friend constexpr bool operator==(Iterator const& a, Iterator const& b) noexcept { return a.at_ == b.at_; }

    private:
        constexpr void find(char const* from) noexcept
        {
            while (from != end_ && isSpace(*from)) ++from;
            at_ = from;
            stop_ = findSpace(from, end_);
        }

        char const* at_ = nullptr;
        char const* stop_ = nullptr;
        char const* end_ = nullptr;
    };

    constexpr explicit Words(std::string_view text) noexcept : text_(text) {}

    [[nodiscard]] constexpr Iterator begin() const noexcept { return {text_.data(), text_.data() + text_.size()}; }
    [[nodiscard]] constexpr Iterator end() const noexcept
    {
        return {text_.data() + text_.size(), text_.data() + text_.size()};
    }

private:
    std::string_view text_;
};

/// What stands between separators, found one by one. Empty strings at the end are cut off beforehand.
class Fields {
public:
    class Iterator {
    public:
        using iterator_concept = std::forward_iterator_tag;
        using iterator_category = std::input_iterator_tag;
        using value_type = std::string_view;
        using difference_type = std::ptrdiff_t;
        using pointer = void;
        using reference = std::string_view;

        constexpr Iterator() = default;
        constexpr Iterator(char const* from, char const* end, char separator) noexcept
            : end_(end), separator_(separator)
        {
            find(from);
        }

        constexpr std::string_view operator*() const noexcept { return {at_, static_cast<std::size_t>(stop_ - at_)}; }
        constexpr Iterator& operator++() noexcept
        {
            if (stop_ == end_) at_ = nullptr;
            else find(stop_ + 1);
            return *this;
        }
        constexpr Iterator operator++(int) noexcept
        {
            auto const before = *this;
            ++*this;
            return before;
        }
        friend constexpr bool operator==(Iterator const& a, Iterator const& b) noexcept { return a.at_ == b.at_; }

    private:
        constexpr void find(char const* from) noexcept
        {
            at_ = from;
            auto const* const found =
                std::char_traits<char>::find(from, static_cast<std::size_t>(end_ - from), separator_);
            stop_ = found != nullptr ? found : end_;
        }

        char const* at_ = nullptr;  // null: behind the last one
        char const* stop_ = nullptr;
        char const* end_ = nullptr;
        char separator_ = '\0';
    };

    constexpr Fields(std::string_view text, char separator) noexcept : text_(text), separator_(separator)
    {
        if (text.empty()) {
            text_ = std::string_view{""};  // one empty string, at an address
            return;
        }
        while (!text_.empty() && text_.back() == separator) text_.remove_suffix(1);
        if (text_.empty()) text_ = {};
    }

    [[nodiscard]] constexpr Iterator begin() const noexcept
    {
        if (text_.data() == nullptr) return {};
        return {text_.data(), text_.data() + text_.size(), separator_};
    }
    [[nodiscard]] static constexpr Iterator end() noexcept { return {}; }

private:
    std::string_view text_;  // at null: there are none
    char separator_;
};

struct Split {
    [[nodiscard]] constexpr Words operator()(std::string_view text) const noexcept { return Words{text}; }
};

struct SplitAt {
    char separator;
    [[nodiscard]] constexpr Fields operator()(std::string_view text) const noexcept { return {text, separator}; }
};

struct SplitFn {
    [[nodiscard]] constexpr Split operator()() const noexcept { return {}; }
    [[nodiscard]] constexpr SplitAt operator()(char separator) const noexcept { return {separator}; }
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

// Views, and such whose elements outlive them: without <ranges>, by the templates that <span> declares.
template <>
inline constexpr bool std::ranges::enable_view<sluice::detail::Words> = true;
template <>
inline constexpr bool std::ranges::enable_borrowed_range<sluice::detail::Words> = true;
template <>
inline constexpr bool std::ranges::enable_view<sluice::detail::Fields> = true;
template <>
inline constexpr bool std::ranges::enable_borrowed_range<sluice::detail::Fields> = true;
