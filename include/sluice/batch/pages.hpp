#pragma once

#include <sluice/batch/macros.hpp>

#include <cstddef>
#include <new>

#include <sys/mman.h>

// Memory that is reached into at random. Where it is large, each access misses the translation of its page as well as its line;
// in huge pages it does not. They are given to who asks, where the system is set so (transparent huge pages: always, or madvise).

namespace sluice::inline SLUICE_ABI::detail {

inline constexpr std::size_t hugePage = std::size_t{2} << 20;

SLUICE_COLD inline void* allocatePages(std::size_t bytes)
{
    if (bytes < hugePage) return ::operator new(bytes, std::align_val_t{64});
    void* const pages = ::operator new(bytes, std::align_val_t{hugePage});
    ::madvise(pages, bytes / hugePage * hugePage, MADV_HUGEPAGE);  // no is an answer, too
    return pages;
}
SLUICE_COLD inline void releasePages(void* pages, std::size_t bytes) noexcept
{
    ::operator delete(pages, std::align_val_t{bytes < hugePage ? 64 : hugePage});
}

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

}  // namespace sluice::inline SLUICE_ABI::detail
