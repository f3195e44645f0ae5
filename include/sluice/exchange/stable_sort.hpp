#pragma once

#include <sluice/batch/macros.hpp>

#include <cstddef>
#include <type_traits>
#include <vector>

namespace sluice::inline SLUICE_ABI::detail {

/// Sorts numbers, or whatever else is copied as bytes, by less(a, b); what is equal stays in its order. As std::stable_sort,
/// whose header costs everybody who includes this library 0.05 s: runs of a few are sorted by insertion, then merged, two by
/// two. Where less throws, the order is any.
template <class Items, class Less>
void stableSort(Items& items, Less const& less)
{
    using T = std::remove_pointer_t<decltype(items.data())>;
    static_assert(std::is_trivially_copyable_v<T>);
    constexpr std::size_t few = 8;
    auto const size = items.size();
    auto const least = [size](std::size_t a) { return a < size ? a : size; };
    for (std::size_t begin = 0; begin < size; begin += few) {
        T* const run = items.data() + begin;
        auto const n = least(begin + few) - begin;
        for (std::size_t i = 1; i < n; ++i) {
            T const item = run[i];
            std::size_t at = i;
            for (; at > 0 && less(item, run[at - 1]); --at) run[at] = run[at - 1];
            run[at] = item;
        }
    }
    if (size <= few) return;

    Items merged;
    merged.resize(size);
    for (std::size_t width = few; width < size; width *= 2) {
        for (std::size_t begin = 0; begin < size; begin += 2 * width) {
            T const* a = items.data() + begin;
            T const* const middle = items.data() + least(begin + width);
            T const* const end = items.data() + least(begin + 2 * width);
            T const* b = middle;
            T* out = merged.data() + begin;
            if (b != end && less(*b, *(middle - 1))) {  // not in order already
                while (a != middle && b != end) *out++ = less(*b, *a) ? *b++ : *a++;
            }
            while (a != middle) *out++ = *a++;
            while (b != end) *out++ = *b++;
        }
        items.swap(merged);
    }
}

/// The first of a heap, in which no item stands before its parent's, has changed: it sinks to its place.
template <class T, class Less>
void siftDown(std::vector<T>& heap, std::size_t at, Less const& less)
{
    for (;;) {
        auto child = 2 * at + 1;
        if (child >= heap.size()) return;
        if (child + 1 < heap.size() && less(heap[child + 1], heap[child])) ++child;
        if (!less(heap[child], heap[at])) return;
        T const item = heap[at];
        heap[at] = heap[child];
        heap[child] = item;
        at = child;
    }
}

}  // namespace sluice::inline SLUICE_ABI::detail
