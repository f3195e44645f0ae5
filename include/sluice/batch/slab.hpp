#pragma once

#include <sluice/batch/pages.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <type_traits>
#include <utility>
#include <vector>

namespace sluice::inline SLUICE_ABI::detail {

/// Things with numbers that last: what is added takes the number that was freed last, or a new one, and stays where it is.
/// To grow moves nothing: another piece comes, with room for as many as there are. What is visited is visited in the order of
/// numbers.
template <class T>
class Slab {
public:
    Slab() = default;
    Slab(Slab const&) = delete;
    Slab& operator=(Slab const&) = delete;
    ~Slab() { clear(); }

    [[nodiscard]] T& operator[](std::uint32_t number) noexcept { return *at(number); }
    [[nodiscard]] T const& operator[](std::uint32_t number) const noexcept { return *at(number); }
    [[nodiscard]] bool has(std::uint32_t number) const noexcept
    {
        return number < end_ && (word(number) >> (number % 64) & 1) != 0;
    }

    /// How many there are, and a bound of their numbers.
    [[nodiscard]] std::size_t size() const noexcept { return end_ - free_.size(); }
    [[nodiscard]] std::uint32_t end() const noexcept { return end_; }
    /// What was ever written to: the rest of the last piece is not there yet.
    [[nodiscard]] std::size_t bytes() const noexcept
    {
        return end_ * sizeof(T) + end_ / 8 + free_.capacity() * sizeof(std::uint32_t);
    }

    /// What make() gives, in place. What it throws leaves all as it was.
    template <class Make>
    std::uint32_t add(Make&& make)
    {
        bool const fresh = free_.empty();
        if (fresh && end_ == room()) addPiece();
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
        while (room() - end_ + free_.size() < more) addPiece();
    }

    void remove(std::uint32_t number) noexcept
    {
        at(number)->~T();
        word(number) &= ~bit(number);
        free_.push_back(number);  // room for all numbers was made with their piece
    }

    /// All of them with the numbers from 0 on, in the same order, in no more memory than they need: moved(old, number) for each,
    /// which does not throw. What cannot be had, or throws, leaves all as it was.
    template <class F>
    void compact(F&& moved)
    {
        Slab smaller;
        smaller.reserve(size());
        eachRun([&](std::uint32_t number, T* things, std::size_t n) {
            for (std::size_t i = 0; i < n; ++i, ++number) moved(number, smaller.add([&]() -> T { return std::move_if_noexcept(things[i]); }));
        });
        swap(smaller);
    }

    void swap(Slab& other) noexcept
    {
        std::swap(pieces_, other.pieces_);
        std::swap(count_, other.count_);
        free_.swap(other.free_);
        std::swap(end_, other.end_);
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
        for (; count_ > 0; --count_) releasePages(pieces_[count_ - 1].things, bytesOf(count_ - 1));
        free_.clear();
        end_ = 0;
    }

private:
    // Piece k has the numbers from 1024 * 2^k - 1024 on, and as many of them as 1024 * 2^k.
    static constexpr std::uint32_t first = 1024;

    struct Piece {
        T* things;
        std::uint64_t* live;  // behind them, a bit for each
    };

    [[nodiscard]] static std::size_t sizeOf(std::size_t k) noexcept { return std::size_t{first} << k; }
    [[nodiscard]] static std::size_t wordsAt(std::size_t k) noexcept { return (sizeOf(k) * sizeof(T) + 7) / 8; }
    [[nodiscard]] static std::size_t bytesOf(std::size_t k) noexcept { return wordsAt(k) * 8 + sizeOf(k) / 8; }
    [[nodiscard]] std::size_t room() const noexcept { return sizeOf(count_) - first; }

    [[nodiscard]] static std::size_t pieceOf(std::uint32_t number) noexcept
    {
        return static_cast<std::size_t>(std::bit_width(number + first)) - 11;
    }
    [[nodiscard]] static std::size_t within(std::uint32_t number) noexcept { return (number + first) ^ sizeOf(pieceOf(number)); }
    [[nodiscard]] T* at(std::uint32_t number) const noexcept { return pieces_[pieceOf(number)].things + within(number); }
    [[nodiscard]] std::uint64_t& word(std::uint32_t number) const noexcept
    {
        return pieces_[pieceOf(number)].live[within(number) / 64];
    }
    [[nodiscard]] static std::uint64_t bit(std::uint32_t number) noexcept { return std::uint64_t{1} << (number % 64); }

    SLUICE_COLD void addPiece()
    {
        if (count_ == std::size(pieces_)) throw std::bad_alloc{};  // more numbers than there are
        auto const numbers = sizeOf(count_ + 1) - first;
        if (free_.capacity() < numbers) free_.reserve(numbers);
        auto* const piece = static_cast<std::uint64_t*>(allocatePages(bytesOf(count_)));
        auto* const live = piece + wordsAt(count_);
        for (std::size_t i = 0; i < sizeOf(count_) / 64; ++i) live[i] = 0;
        pieces_[count_++] = {reinterpret_cast<T*>(piece), live};
    }

    /// f(number, count) for each run of neighbours within a piece, while it answers true.
    template <class F>
    static void runs(Slab const& slab, F&& f)
    {
        for (std::size_t k = 0; k < slab.count_; ++k) {
            auto const* const live = slab.pieces_[k].live;
            auto const begin = static_cast<std::uint32_t>(sizeOf(k)) - first;
            auto const size = slab.end_ - begin < sizeOf(k) ? slab.end_ - begin : static_cast<std::uint32_t>(sizeOf(k));
            for (std::uint32_t i = 0; i < size;) {
                auto const rest = live[i / 64] >> (i % 64);
                if (rest == 0) {
                    i = (i / 64 + 1) * 64;
                    continue;
                }
                i += static_cast<std::uint32_t>(std::countr_zero(rest));
                auto last = i;  // behind the run
                do {
                    last += static_cast<std::uint32_t>(std::countr_one(live[last / 64] >> (last % 64)));
                } while (last % 64 == 0 && last < size && (live[last / 64] & 1) != 0);
                if (!f(begin + i, last - i)) return;
                i = last;
            }
        }
    }

    Piece pieces_[21];
    std::size_t count_ = 0;
    std::vector<std::uint32_t> free_;
    std::uint32_t end_ = 0;
};

}  // namespace sluice::inline SLUICE_ABI::detail
