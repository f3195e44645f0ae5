#pragma once

#include <sluice/batch/list.hpp>
#include <sluice/batch/pages.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <type_traits>
#include <utility>

namespace sluice::inline SLUICE_ABI::detail {

/// A Slab, as far as it does not depend on what its things are.
class RawSlab {
public:
    RawSlab(RawSlab const&) = delete;
    RawSlab& operator=(RawSlab const&) = delete;

    [[nodiscard]] bool has(std::uint32_t number) const noexcept { return number < end_ && (word(number) >> (number % 64) & 1) != 0; }

    /// How many there are, and a bound of their numbers.
    [[nodiscard]] std::size_t size() const noexcept { return end_ - free_.size(); }
    [[nodiscard]] std::uint32_t end() const noexcept { return end_; }
    /// Numbers below that bound which nothing has: the last is taken next.
    [[nodiscard]] List<std::uint32_t> const& freed() const noexcept { return free_; }
    /// What was ever written to: the rest of the last piece is not there yet.
    [[nodiscard]] std::size_t bytes() const noexcept { return end_ * bytesEach_ + end_ / 8 + free_.capacity() * sizeof(std::uint32_t); }

    /// Makes room for so many more: up to there add fails only where what makes them does.
    void reserve(std::size_t more)
    {
        while (room() - end_ + free_.size() < more) addPiece();
    }

    [[nodiscard]] void* raw(std::uint32_t number) const noexcept
    {
        return static_cast<char*>(pieces_[pieceOf(number)].things) + within(number) * bytesEach_;
    }
    /// Brings into the cache what will be asked for.
    void prefetch(std::uint32_t number) const { __builtin_prefetch(raw(number)); }

    /// Neighbours with numbers from this one on.
    struct Run {
        std::uint32_t number = 0;
        std::uint32_t count = 0;
    };
    /// Whether there are others behind a run, which is then the next one. All of a run lie in one piece.
    [[nodiscard]] bool next(Run& run) const noexcept;

protected:
    explicit RawSlab(std::size_t bytesEach) : bytesEach_(bytesEach) {}
    ~RawSlab() { release(); }

    /// The number that the next one will have.
    [[nodiscard]] std::uint32_t fresh()
    {
        if (!free_.empty()) return free_.back();
        if (end_ == room()) addPiece();
        return end_;
    }
    /// It has been made.
    void enter(std::uint32_t number) noexcept
    {
        if (free_.empty()) ++end_;
        else free_.pop_back();
        word(number) |= bit(number);
    }
    void leave(std::uint32_t number) noexcept
    {
        word(number) &= ~bit(number);
        free_.push_back(number);  // room for all numbers was made with their piece
    }
    /// All memory, where nothing is there any more.
    [[gnu::cold]] void release() noexcept;
    void swapRaw(RawSlab& other) noexcept
    {
        std::swap(pieces_, other.pieces_);
        std::swap(count_, other.count_);
        free_.swap(other.free_);
        std::swap(end_, other.end_);
    }

    // Piece k has the numbers from 1024 * 2^k - 1024 on, and as many of them as 1024 * 2^k.
    [[nodiscard]] static std::size_t pieceOf(std::uint32_t number) noexcept
    {
        return static_cast<std::size_t>(std::bit_width(number + first)) - 11;
    }
    [[nodiscard]] static std::size_t within(std::uint32_t number) noexcept { return (number + first) ^ sizeOf(pieceOf(number)); }
    [[nodiscard]] void* piece(std::size_t k) const noexcept { return pieces_[k].things; }

private:
    static constexpr std::uint32_t first = 1024;

    struct Piece {
        void* things;
        std::uint64_t* live;  // behind them, a bit for each
    };

    [[nodiscard]] static std::size_t sizeOf(std::size_t k) noexcept { return std::size_t{first} << k; }
    [[nodiscard]] std::size_t wordsAt(std::size_t k) const noexcept { return (sizeOf(k) * bytesEach_ + 7) / 8; }
    [[nodiscard]] std::size_t bytesOf(std::size_t k) const noexcept { return wordsAt(k) * 8 + sizeOf(k) / 8; }
    [[nodiscard]] std::size_t room() const noexcept { return sizeOf(count_) - first; }
    [[nodiscard]] std::uint64_t& word(std::uint32_t number) const noexcept { return pieces_[pieceOf(number)].live[within(number) / 64]; }
    [[nodiscard]] static std::uint64_t bit(std::uint32_t number) noexcept { return std::uint64_t{1} << (number % 64); }

    [[gnu::cold]] void addPiece();

    std::size_t bytesEach_;
    Piece pieces_[21];
    std::size_t count_ = 0;
    List<std::uint32_t> free_;
    std::uint32_t end_ = 0;
};

/// Things with numbers that last: what is added takes the number that was freed last, or a new one, and stays where it is.
/// To grow moves nothing: another piece comes, with room for as many as there are. What is visited is visited in the order of
/// numbers.
template <class T>
class Slab : public RawSlab {
public:
    Slab() : RawSlab(sizeof(T)) {}
    ~Slab() { destroy(); }

    [[nodiscard]] T& operator[](std::uint32_t number) noexcept { return *at(number); }
    [[nodiscard]] T const& operator[](std::uint32_t number) const noexcept { return *at(number); }

    /// What make() gives, in place. What it throws leaves all as it was.
    template <class Make>
    std::uint32_t add(Make&& make)
    {
        auto const number = fresh();
        ::new (static_cast<void*>(at(number))) T(make());
        enter(number);
        return number;
    }

    void remove(std::uint32_t number) noexcept
    {
        at(number)->~T();
        leave(number);
    }

    /// All of them with the numbers from 0 on, in the same order, in no more memory than they need: moved(old, number) for each,
    /// which does not throw. What cannot be had, or throws, leaves all as it was.
    template <class F>
    void compact(F&& moved)
    {
        Slab smaller;
        smaller.reserve(size());
        eachRun([&](std::uint32_t number, T* things, std::size_t n) {
            for (std::size_t i = 0; i < n; ++i, ++number) {
                moved(number, smaller.add([&]() -> T { return std::move_if_noexcept(things[i]); }));
            }
        });
        swapRaw(smaller);
    }

    /// f(number, things, count) for each run of neighbours.
    template <class F>
    void eachRun(F&& f)
    {
        for (Run run; next(run);) f(run.number, at(run.number), std::size_t{run.count});
    }

    /// f(things, count) for the runs behind the first `from` things, while its answer wants `more`; where it stopped, which is
    /// the sum of what it took, its answers' `count`, and from.
    template <class F>
    std::size_t eachSpan(std::size_t from, F&& f) const
    {
        std::size_t seen = 0;
        for (Run run; next(run);) {
            auto const skip = seen < from ? (from - seen < run.count ? from - seen : run.count) : 0;
            seen += skip;
            if (skip == run.count) continue;
            auto const taken = f(static_cast<T const*>(at(run.number)) + skip, run.count - skip);
            seen += taken.count;
            if (!taken.more) break;
        }
        return seen < from ? from : seen;
    }

    void clear() noexcept
    {
        destroy();
        release();
    }

private:
    [[nodiscard]] T* at(std::uint32_t number) const noexcept { return static_cast<T*>(piece(pieceOf(number))) + within(number); }

    void destroy() noexcept
    {
        if constexpr (!std::is_trivially_destructible_v<T>) {
            eachRun([](std::uint32_t, T* things, std::size_t n) {
                for (std::size_t i = 0; i < n; ++i) things[i].~T();
            });
        }
    }
};

}  // namespace sluice::inline SLUICE_ABI::detail

#ifndef SLUICE_COMPILED
#include <sluice/batch/slab.ipp>
#endif
