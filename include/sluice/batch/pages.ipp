#pragma once

#include <sluice/batch/pages.hpp>

#include <new>

#include <sys/mman.h>

namespace sluice::inline SLUICE_ABI::detail {

/// What a thread keeps: the newest few pieces, none of them small; all threads together no more than so many bytes.
class KeptPages {
public:
    static constexpr std::size_t least = std::size_t{1} << 20;
    static constexpr std::size_t most = std::size_t{256} << 20;

    ~KeptPages()
    {
        while (size_ > 0) drop();
        done_ = true;
    }

    /// The newest with exactly so many bytes, or none.
    void* take(std::size_t bytes) noexcept
    {
        for (std::size_t i = size_; i-- > 0;) {
            if (pieces_[i].bytes == bytes) return remove(i);
        }
        return nullptr;
    }
    bool keep(void* pages, std::size_t bytes) noexcept
    {
        if (done_ || bytes > most) return false;
        if (size_ == sizeof pieces_ / sizeof *pieces_) drop();
        while (__atomic_add_fetch(&all_, bytes, __ATOMIC_RELAXED) > most) {
            __atomic_sub_fetch(&all_, bytes, __ATOMIC_RELAXED);
            if (size_ == 0) return false;
            drop();
        }
        pieces_[size_++] = {pages, bytes};
        return true;
    }

    static void free(void* pages, std::size_t bytes) noexcept
    {
        ::operator delete(pages, std::align_val_t{bytes < hugePage ? 64 : hugePage});
    }

private:
    struct Piece {
        void* pages;
        std::size_t bytes;
    };

    void* remove(std::size_t at) noexcept
    {
        void* const pages = pieces_[at].pages;
        __atomic_sub_fetch(&all_, pieces_[at].bytes, __ATOMIC_RELAXED);
        --size_;
        for (; at < size_; ++at) pieces_[at] = pieces_[at + 1];
        return pages;
    }
    void drop() noexcept
    {
        auto const bytes = pieces_[0].bytes;
        free(remove(0), bytes);
    }

    static inline std::size_t all_ = 0;

    Piece pieces_[24];
    std::size_t size_ = 0;
    bool done_ = false;  // the thread ends: what is given back behind that is freed
};

SLUICE_BODY KeptPages& keptPages() noexcept
{
    static thread_local KeptPages kept;
    return kept;
}

SLUICE_COLD SLUICE_BODY void* allocatePages(std::size_t bytes)
{
    if (bytes >= KeptPages::least) {
        if (void* const pages = keptPages().take(bytes)) return pages;
    }
    if (bytes < hugePage) return ::operator new(bytes, std::align_val_t{64});
    void* const pages = ::operator new(bytes, std::align_val_t{hugePage});
    ::madvise(pages, bytes / hugePage * hugePage, MADV_HUGEPAGE);  // no is an answer, too
    return pages;
}

SLUICE_COLD SLUICE_BODY void releasePages(void* pages, std::size_t bytes) noexcept
{
    if (bytes < KeptPages::least || !keptPages().keep(pages, bytes)) KeptPages::free(pages, bytes);
}

}  // namespace sluice::inline SLUICE_ABI::detail
