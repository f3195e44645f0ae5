#pragma once

#include <sluice/batch/macros.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace sluice::inline SLUICE_ABI::detail {

/// Sorts what is copied byte by byte by rank(item), a 64-bit number; what has one rank stays in its order. Items that are more than a cache
/// holds are dealt out by the first ten bits in which they differ, and each part is sorted by itself; one that lies in the cache by the next
/// bits, from the last of them to the first, and then what is still alike in all of these (Knuth, The Art of Computer Programming 3, 5.2.5).
/// So bits in which all are alike cost nothing, and keys that are few, or spread evenly, are moved three times.
template <class T, class Rank>
class RankSort {
public:
    /// There is room for as many.
    static void sort(T* items, T* room, std::size_t size, Rank const& rank)
    {
        if (size < few) return insert(items, size, rank);
        auto const bits = differing(items, size, rank);
        if (bits == 0) return;
        if (size > cached) {
            std::size_t ends[std::size_t{1} << dealt];
            deal(items, room, size, bits, rank, ends);
            std::size_t begin = 0;
            for (auto const end : ends) {
                if (end > begin) sortInto(room + begin, items + begin, end - begin, bits <= dealt, rank);
                begin = end;
            }
        } else {
            auto const shift = steps(items, room, size, bits, rank);
            if (bits <= digitOf(size)) copy(items, room, size);
            sortAlike(items, room, size, shift, rank);
        }
    }

private:
    static constexpr std::size_t few = 48;
    static constexpr std::size_t cached = (std::size_t{256} << 10) / sizeof(T);
    static constexpr unsigned dealt = 10;
    static constexpr unsigned digitOf(std::size_t size) { return size < 512 ? 8 : 11; }

    static void copy(T* to, T const* from, std::size_t size) { std::memcpy(static_cast<void*>(to), from, size * sizeof(T)); }

    static void insert(T* items, std::size_t size, Rank const& rank)
    {
        alignas(T) unsigned char held[sizeof(T)];
        for (std::size_t i = 1; i < size; ++i) {
            auto const mine = rank(items[i]);
            if (rank(items[i - 1]) <= mine) continue;
            std::memcpy(held, items + i, sizeof(T));
            auto at = i;
            for (; at > 0 && rank(items[at - 1]) > mine; --at) copy(items + at, items + at - 1, 1);
            std::memcpy(static_cast<void*>(items + at), held, sizeof(T));
        }
    }

    /// How many bits, from the lowest on, there are up to the highest in which not all are alike.
    static unsigned differing(T const* items, std::size_t size, Rank const& rank)
    {
        auto const first = rank(items[0]);
        std::uint64_t differ = 0;
        for (std::size_t i = 1; i < size; ++i) differ |= rank(items[i]) ^ first;
        return static_cast<unsigned>(64 - std::countl_zero(differ));
    }

    static void deal(T const* items, T* to, std::size_t size, unsigned bits, Rank const& rank, std::size_t (&ends)[std::size_t{1} << dealt])
    {
        auto const shift = bits > dealt ? bits - dealt : 0;
        constexpr std::uint64_t mask = (std::uint64_t{1} << dealt) - 1;
        for (auto& end : ends) end = 0;
        for (std::size_t i = 0; i < size; ++i) ++ends[rank(items[i]) >> shift & mask];
        std::size_t sum = 0;
        for (auto& end : ends) {
            auto const count = end;
            end = sum;
            sum += count;
        }
        for (std::size_t i = 0; i < size; ++i) copy(to + ends[rank(items[i]) >> shift & mask]++, items + i, 1);
    }

    /// What was dealt out, to where it is wanted; sorted: all of it has one rank.
    static void sortInto(T* from, T* to, std::size_t size, bool sorted, Rank const& rank)
    {
        if (sorted || size < few || size > cached) {
            if (!sorted && size > cached) sort(from, to, size, rank);
            copy(to, from, size);
            if (!sorted && size < few) insert(to, size, rank);
            return;
        }
        auto const bits = differing(from, size, rank);
        auto const shift = bits == 0 ? 0 : steps(from, to, size, bits, rank);
        if (bits == 0 || bits > digitOf(size)) copy(to, from, size);
        sortAlike(to, from, size, shift, rank);
    }

    /// By the highest of those bits, one digit of them from items to room, or two, there and back. Answers how many lower ones are left.
    static unsigned steps(T* items, T* room, std::size_t size, unsigned bits, Rank const& rank)
    {
        auto const digit = digitOf(size);
        if (bits <= digit) {
            step(items, room, size, 0, digit, rank);
            return 0;
        }
        auto const shift = bits > 2 * digit ? bits - 2 * digit : 0;
        step(items, room, size, shift, digit, rank);
        step(room, items, size, shift + digit, digit, rank);
        return shift;
    }
    static void step(T const* from, T* to, std::size_t size, unsigned shift, unsigned digit, Rank const& rank)
    {
        std::uint32_t places[std::size_t{1} << 11];
        auto const values = std::size_t{1} << digit;
        auto const mask = values - 1;
        std::memset(places, 0, values * sizeof(std::uint32_t));
        for (std::size_t i = 0; i < size; ++i) ++places[rank(from[i]) >> shift & mask];
        std::uint32_t sum = 0;
        for (std::size_t v = 0; v < values; ++v) {
            auto const count = places[v];
            places[v] = sum;
            sum += count;
        }
        for (std::size_t i = 0; i < size; ++i) copy(to + places[rank(from[i]) >> shift & mask]++, from + i, 1);
    }

    /// Those that are alike but for so many lower bits.
    static void sortAlike(T* items, T* room, std::size_t size, unsigned bits, Rank const& rank)
    {
        if (bits == 0) return;
        for (std::size_t begin = 0, end = 0; begin < size; begin = end) {
            auto const upper = rank(items[begin]) >> bits;
            for (end = begin + 1; end < size && rank(items[end]) >> bits == upper;) ++end;
            if (end - begin > 1) sort(items + begin, room + begin, end - begin, rank);
        }
    }
};

template <class T, class Rank>
void rankSort(T* items, T* room, std::size_t size, Rank const& rank)
{
    RankSort<T, Rank>::sort(items, room, size, rank);
}

}  // namespace sluice::inline SLUICE_ABI::detail
