#pragma once

#include <sluice/batch/macros.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <new>
#include <type_traits>
#include <vector>

namespace sluice::inline SLUICE_ABI::detail {

/// Things with numbers that last: what is added takes the number that was freed last, or a new one, and stays where it is.
/// Pieces of fixed size: to grow moves nothing. What is visited is visited in the order of numbers.
template <class T>
class Slab {
public:
    static constexpr std::size_t pieceSize = 1024;

    Slab() = default;
    Slab(Slab const&) = delete;
    Slab& operator=(Slab const&) = delete;
    ~Slab() { clear(); }

    [[nodiscard]] T& operator[](std::uint32_t number) noexcept { return *at(number); }
    [[nodiscard]] T const& operator[](std::uint32_t number) const noexcept { return *at(number); }
    [[nodiscard]] bool has(std::uint32_t number) const noexcept
    {
        return number < end_ && (pieces_[number / pieceSize]->live[number / 64 % words] >> (number % 64) & 1) != 0;
    }

    /// How many there are, and a bound of their numbers.
    [[nodiscard]] std::size_t size() const noexcept { return end_ - free_.size(); }
    [[nodiscard]] std::uint32_t end() const noexcept { return end_; }
    [[nodiscard]] std::size_t bytes() const noexcept
    {
        return pieces_.size() * sizeof(Piece) + free_.capacity() * sizeof(std::uint32_t);
    }

    /// What make() gives, in place. What it throws leaves all as it was.
    template <class Make>
    std::uint32_t add(Make&& make)
    {
        bool const fresh = free_.empty();
        if (fresh && end_ == pieces_.size() * pieceSize) addPiece();
        auto const number = fresh ? end_ : free_.back();
        ::new (static_cast<void*>(at(number))) T(make());
        if (fresh) ++end_;
        else free_.pop_back();
        word(number) |= bit(number);
        return number;
    }

    /// Makes room for so many more: up to there add fails only where make() does.
    void reserve(std::size_t more)
    {
        while (pieces_.size() * pieceSize - end_ + free_.size() < more) addPiece();
    }

    void remove(std::uint32_t number) noexcept
    {
        at(number)->~T();
        word(number) &= ~bit(number);
        free_.push_back(number);  // room for all numbers was made with their piece
    }

    /// Brings what will be asked for.
    void prefetch(std::uint32_t number) const { __builtin_prefetch(at(number)); }

    /// f(number, things, count) for each run of neighbours.
    template <class F>
    void eachRun(F&& f)
    {
        runs(*this, [&](std::uint32_t number, std::size_t n) {
            f(number, at(number), n);
            return true;
        });
    }

    /// f(things, count) for the runs behind the first `from` things, while its answer wants `more`; where it stopped, which is
    /// the sum of what it took, its answers' `count`, and from.
    template <class F>
    std::size_t eachSpan(std::size_t from, F&& f) const
    {
        std::size_t seen = 0;
        runs(*this, [&](std::uint32_t number, std::size_t n) {
            auto const skip = seen < from ? (from - seen < n ? from - seen : n) : 0;
            seen += skip;
            if (skip == n) return true;
            auto const taken = f(static_cast<T const*>(at(number)) + skip, n - skip);
            seen += taken.count;
            return taken.more;
        });
        return seen < from ? from : seen;
    }

    void clear() noexcept
    {
        if constexpr (!std::is_trivially_destructible_v<T>) {
            eachRun([](std::uint32_t, T* things, std::size_t n) {
                for (std::size_t i = 0; i < n; ++i) things[i].~T();
            });
        }
        for (Piece* piece : pieces_) delete piece;
        pieces_.clear();
        free_.clear();
        end_ = 0;
    }

private:
    static constexpr std::size_t words = pieceSize / 64;

    struct Piece {
        std::uint64_t live[words] = {};
        alignas(T) unsigned char bytes[pieceSize * sizeof(T)];
        Piece() {}  // NOLINT: bytes stay as they are
    };

    [[nodiscard]] T* at(std::uint32_t number) const noexcept
    {
        return reinterpret_cast<T*>(pieces_[number / pieceSize]->bytes) + number % pieceSize;
    }
    [[nodiscard]] std::uint64_t& word(std::uint32_t number) noexcept { return pieces_[number / pieceSize]->live[number / 64 % words]; }
    [[nodiscard]] static std::uint64_t bit(std::uint32_t number) noexcept { return std::uint64_t{1} << (number % 64); }

    SLUICE_COLD void addPiece()
    {
        auto const numbers = (pieces_.size() + 1) * pieceSize;
        if (free_.capacity() < numbers) free_.reserve(2 * numbers);
        pieces_.push_back(nullptr);
        try {
            pieces_.back() = new Piece;
        } catch (...) {
            pieces_.pop_back();
            throw;
        }
    }

    /// f(number, count) for each run of neighbours within a piece, while it answers true.
    template <class F>
    static void runs(Slab const& slab, F&& f)
    {
        for (std::uint32_t begin = 0; begin < slab.end_; begin += pieceSize) {
            auto const* const live = slab.pieces_[begin / pieceSize]->live;
            for (std::uint32_t i = 0; i < pieceSize;) {
                auto const rest = live[i / 64] >> (i % 64);
                if (rest == 0) {
                    i = (i / 64 + 1) * 64;
                    continue;
                }
                i += static_cast<std::uint32_t>(std::countr_zero(rest));
                auto last = i;  // behind the run
                do {
                    last += static_cast<std::uint32_t>(std::countr_one(live[last / 64] >> (last % 64)));
                } while (last % 64 == 0 && last < pieceSize && (live[last / 64] & 1) != 0);
                if (!f(begin + i, last - i)) return;
                i = last;
            }
        }
    }

    std::vector<Piece*> pieces_;
    std::vector<std::uint32_t> free_;
    std::uint32_t end_ = 0;
};

}  // namespace sluice::inline SLUICE_ABI::detail
