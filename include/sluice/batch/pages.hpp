#pragma once

#include <sluice/batch/macros.hpp>

#include <cstddef>
#include <new>
#include <type_traits>
#include <utility>

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

/// A list in them, for any type that can be moved. What of a `std::vector` its users need: of that, each type of element brings
/// sixty functions. What is pushed is none of its own.
template <class T>
class PageVector {
public:
    PageVector() = default;
    PageVector(PageVector&& other) noexcept { swap(other); }
    PageVector& operator=(PageVector&& other) noexcept
    {
        PageVector gone(std::move(other));
        swap(gone);
        return *this;
    }
    ~PageVector()
    {
        clear();
        if (data_ != nullptr) releasePages(data_, capacity_ * sizeof(T));
    }

    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }
    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
    [[nodiscard]] T* data() noexcept { return data_; }
    [[nodiscard]] T const* data() const noexcept { return data_; }
    [[nodiscard]] T* begin() noexcept { return data_; }
    [[nodiscard]] T* end() noexcept { return data_ + size_; }
    [[nodiscard]] T const* begin() const noexcept { return data_; }
    [[nodiscard]] T const* end() const noexcept { return data_ + size_; }
    [[nodiscard]] T& operator[](std::size_t i) noexcept { return data_[i]; }
    [[nodiscard]] T const& operator[](std::size_t i) const noexcept { return data_[i]; }
    [[nodiscard]] T& back() noexcept { return data_[size_ - 1]; }

    void reserve(std::size_t capacity)
    {
        if (capacity > capacity_) grow(capacity);
    }
    template <class U = T>
    void push_back(U&& value)
    {
        if (size_ == capacity_) grow(capacity_ == 0 ? 1 : 2 * capacity_);
        ::new (static_cast<void*>(data_ + size_)) T(static_cast<U&&>(value));
        ++size_;
    }
    void resize(std::size_t size)
    {
        static_assert(std::is_nothrow_default_constructible_v<T>);
        reserve(size);
        while (size_ > size) data_[--size_].~T();
        for (T *to = end(), *const all = data_ + size; to != all; ++to) ::new (static_cast<void*>(to)) T();
        size_ = size;
    }
    void clear() noexcept
    {
        if constexpr (!std::is_trivially_destructible_v<T>) {
            for (std::size_t i = 0; i < size_; ++i) data_[i].~T();
        }
        size_ = 0;
    }
    void swap(PageVector& other) noexcept
    {
        std::swap(data_, other.data_);
        std::swap(size_, other.size_);
        std::swap(capacity_, other.capacity_);
    }

private:
    /// What a move throws leaves all as it was, as far as elements are copied then.
    [[gnu::noinline]] void grow(std::size_t capacity)
    {
        PageVector larger;
        larger.data_ = static_cast<T*>(allocatePages(capacity * sizeof(T)));
        larger.capacity_ = capacity;
        for (auto& n = larger.size_; n < size_; ++n) ::new (static_cast<void*>(larger.data_ + n)) T(std::move_if_noexcept(data_[n]));
        swap(larger);
    }

    T* data_ = nullptr;
    std::size_t size_ = 0;
    std::size_t capacity_ = 0;
};

}  // namespace sluice::inline SLUICE_ABI::detail

#ifndef SLUICE_COMPILED
#include <sluice/batch/pages.ipp>
#endif
