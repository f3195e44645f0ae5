#pragma once

#include <sluice/batch/macros.hpp>

#include <cstddef>
#include <vector>

// Memory that is reached into at random, or that each batch needs anew. A page that the system gives out fresh costs as much as reading
// it a hundred times: so what a thread gives back it gets again, up to a bound. Where memory is large, each access misses the translation
// of its page as well as its line; in huge pages it does not. They are given to who asks, where the system is set so (transparent huge pages:
// always, or madvise).

namespace sluice::inline SLUICE_ABI::detail {

inline constexpr std::size_t hugePage = std::size_t{2} << 20;

/// Aligned to 64 bytes, and to a huge page from there on. What is in it is not known.
[[nodiscard]] void* allocatePages(std::size_t bytes);
/// By whichever thread. Where that keeps it, it is for the next who asks that thread for as many bytes.
void releasePages(void* pages, std::size_t bytes) noexcept;

/// For a std::vector of them.
template <class T>
struct PageAllocator {
    using value_type = T;

    PageAllocator() = default;
    template <class U>
    PageAllocator(PageAllocator<U>) noexcept
    {
    }
    [[nodiscard]] T* allocate(std::size_t n) { return static_cast<T*>(allocatePages(n * sizeof(T))); }
    void deallocate(T* at, std::size_t n) noexcept { releasePages(at, n * sizeof(T)); }

    friend bool operator==(PageAllocator, PageAllocator) { return true; }
};
template <class T>
using PageVector = std::vector<T, PageAllocator<T>>;

}  // namespace sluice::inline SLUICE_ABI::detail

#ifndef SLUICE_COMPILED
#include <sluice/batch/pages.ipp>
#endif
