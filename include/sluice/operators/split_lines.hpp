#pragma once

#include <sluice/operators/detail/pieces.hpp>

namespace sluice::inline SLUICE_ABI {

/// What a CR means that no LF follows.
enum class LoneCr {
    isText,   ///< it is a byte as any other
    endsLine  ///< it ends a line, as LF and CRLF do
};

namespace detail {

/// Behind LF and CRLF, and behind a lone CR if it ends a line.
struct AtLineEnds {
    LoneCr cr = LoneCr::isText;

    [[nodiscard]] constexpr Piece first(char const* from, char const* end) const noexcept
    {
        if (from == end) return {end, end};
        if (cr == LoneCr::endsLine) {
            auto const* at = from;
            while (at != end && *at != '\n' && *at != '\r') ++at;
            return {from, at};
        }
        auto const* const feed = std::char_traits<char>::find(from, static_cast<std::size_t>(end - from), '\n');
        if (feed == nullptr) return {from, end};
        return {from, feed != from && feed[-1] == '\r' ? feed - 1 : feed};
    }
    [[nodiscard]] constexpr Piece next(Piece line, char const* end) const noexcept { return first(behindLine(line.end, end), end); }
    [[nodiscard]] static constexpr char const* none(char const* end) noexcept { return end; }
    [[nodiscard]] bool areLines() const noexcept { return cr == LoneCr::isText; }
    [[nodiscard]] auto kernel() const noexcept { return cr == LoneCr::endsLine ? &cutAtLoneCr : textKernel<CutLines>(); }
};
using Lines = Pieces<AtLineEnds>;

struct SplitLines : OfText {
    LoneCr cr;
    [[nodiscard]] constexpr Lines operator()(std::string_view text) const noexcept { return Lines{text, {cr}}; }
};

struct SplitLinesFn {
    [[nodiscard]] constexpr SplitLines operator()(LoneCr cr = LoneCr::isText) const noexcept { return {{}, cr}; }
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
