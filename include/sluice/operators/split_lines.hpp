#pragma once

#include <sluice/batch/macros.hpp>

#include <cstddef>
#include <iterator>
#include <span>
#include <string_view>

namespace sluice::inline SLUICE_ABI {

/// What a CR means that no LF follows.
enum class LoneCr {
    isText,   ///< it is a byte as any other
    endsLine  ///< it ends a line, as LF and CRLF do
};

namespace detail {

/// The lines of a text, found one by one.
class Lines {
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
        constexpr Iterator(char const* from, char const* end, LoneCr cr) noexcept : end_(end), cr_(cr) { find(from); }

        constexpr std::string_view operator*() const noexcept { return {at_, static_cast<std::size_t>(stop_ - at_)}; }
        constexpr Iterator& operator++() noexcept
        {
            find(next_);
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
            at_ = stop_ = next_ = from;
            if (from == end_) return;
            if (cr_ == LoneCr::endsLine) return findEither(from);
            auto const* const feed = std::char_traits<char>::find(from, static_cast<std::size_t>(end_ - from), '\n');
            stop_ = feed != nullptr ? feed : end_;
            next_ = feed != nullptr ? feed + 1 : end_;
            if (feed != nullptr && stop_ != at_ && stop_[-1] == '\r') --stop_;
        }
        constexpr void findEither(char const* from) noexcept
        {
            while (from != end_ && *from != '\n' && *from != '\r') ++from;
            stop_ = next_ = from;
            if (next_ != end_ && *next_++ == '\r' && next_ != end_ && *next_ == '\n') ++next_;
        }

        char const* at_ = nullptr;
        char const* stop_ = nullptr;
        char const* next_ = nullptr;
        char const* end_ = nullptr;
        LoneCr cr_ = LoneCr::isText;
    };

    constexpr explicit Lines(std::string_view text, LoneCr cr = LoneCr::isText) noexcept : text_(text), cr_(cr) {}

    [[nodiscard]] constexpr Iterator begin() const noexcept { return {text_.data(), text_.data() + text_.size(), cr_}; }
    [[nodiscard]] constexpr Iterator end() const noexcept
    {
        return {text_.data() + text_.size(), text_.data() + text_.size(), cr_};
    }

private:
    std::string_view text_;
    LoneCr cr_;
};

struct SplitLines {
    LoneCr cr;
    [[nodiscard]] constexpr Lines operator()(std::string_view text) const noexcept { return Lines{text, cr}; }
};

struct SplitLinesFn {
    [[nodiscard]] constexpr SplitLines operator()(LoneCr cr = LoneCr::isText) const noexcept { return {cr}; }
};

}  // namespace detail

/// The lines of a text: `splitLines()`, or `splitLines(LoneCr::endsLine)`, for `flatMap`, or alone.
///
/// Gives a function of a `std::string_view` that returns a light range of views into it; nothing is copied or
/// allocated. A line ends at LF or CRLF, which do not belong to it; a lone CR ends one if it is said to. What follows the last end is a
/// line if it has a byte: the empty text has no line.
///
/// ```cpp
/// auto lines = rdd({std::string_view{"GET /\r\nHost: localhost\r\n\r\n"}}) | flatMap(splitLines());
/// CHECK((lines | collect()) == std::vector<std::string>{"GET /", "Host: localhost", ""});
/// ```
inline constexpr detail::SplitLinesFn splitLines{};

}  // namespace sluice::inline SLUICE_ABI

// A view whose elements outlive it: without <ranges>, by the templates that <span> declares.
template <>
inline constexpr bool std::ranges::enable_view<sluice::detail::Lines> = true;
template <>
inline constexpr bool std::ranges::enable_borrowed_range<sluice::detail::Lines> = true;
