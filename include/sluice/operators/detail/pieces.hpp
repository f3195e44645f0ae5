#pragma once

#include <sluice/batch/sink.hpp>
#include <sluice/batch/text_scan.hpp>

#include <iterator>
#include <type_traits>

namespace sluice::inline SLUICE_ABI::detail {

struct Piece {
    char const* begin;
    char const* end;
};

/// The pieces of a text, found one by one: a view whose elements outlive it. Cut says where they are:
///
///   first(from, end), next(piece, end)   the first one, and that behind one
///   none(end)                            where one begins that is none
///   kernel()                             what cuts many at once, as in batch/text_scan.hpp: the same ones
///   areLines()                           optional: whether they are the lines that end at LF or CRLF
template <class Cut>
class Pieces : public PushingRange {
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
        constexpr Iterator(Piece piece, char const* end, Cut cut) noexcept : piece_(piece), end_(end), cut_(cut) {}

        constexpr std::string_view operator*() const noexcept
        {
            return {piece_.begin, static_cast<std::size_t>(piece_.end - piece_.begin)};
        }
        constexpr Iterator& operator++() noexcept
        {
            piece_ = cut_.next(piece_, end_);
            return *this;
        }
        constexpr Iterator operator++(int) noexcept
        {
            auto const before = *this;
            ++*this;
            return before;
        }
        friend constexpr bool operator==(Iterator const& a, Iterator const& b) noexcept { return a.piece_.begin == b.piece_.begin; }

    private:
        Piece piece_{};
        char const* end_ = nullptr;
        [[no_unique_address]] Cut cut_{};
    };

    constexpr explicit Pieces(std::string_view text, Cut cut = {}) noexcept
        : begin_(text.data()), end_(text.data() + text.size()), cut_(cut)
    {
    }

    [[nodiscard]] constexpr Iterator begin() const noexcept { return {cut_.first(begin_, end_), end_, cut_}; }
    [[nodiscard]] constexpr Iterator end() const noexcept { return {{cut_.none(end_), end_}, end_, cut_}; }

    template <class F>
    constexpr bool forEach(F&& f) const
    {
        if (std::is_constant_evaluated()) {
            for (std::string_view const piece : *this) {
                if (!f(piece)) return false;
            }
            return true;
        }
        if constexpr (TakesLines<F> && requires { cut_.areLines(); }) {
            if (cut_.areLines()) return f.takeLines(begin_, end_).more;
        }
        return eachPiece(begin_, end_, cut_.kernel(), f);
    }

private:
    char const* begin_;
    char const* end_;
    [[no_unique_address]] Cut cut_;
};

}  // namespace sluice::inline SLUICE_ABI::detail

// Without <ranges>, by the templates that <span> declares.
template <class Cut>
inline constexpr bool std::ranges::enable_view<sluice::detail::Pieces<Cut>> = true;
template <class Cut>
inline constexpr bool std::ranges::enable_borrowed_range<sluice::detail::Pieces<Cut>> = true;
