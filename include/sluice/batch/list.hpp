#pragma once

#include <sluice/batch/macros.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <type_traits>
#include <utility>
#include <vector>

namespace sluice::inline SLUICE_ABI::detail {

/// The memory of a list, of whatever it is: compiled once, not once for each type.
class RawList {
public:
    RawList() = default;
    RawList(RawList const&) = delete;
    RawList& operator=(RawList const&) = delete;

    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
    [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }

protected:
    ~RawList() { std::free(data_); }

    /// Where it is asked for a little more each time it grows by half all the same.
    void reserveRaw(std::size_t capacity, std::size_t bytesEach)
    {
        auto const half = capacity_ + capacity_ / 2;
        if (capacity > capacity_) grow(capacity > half ? capacity : half, bytesEach);
    }
    void makeRoomRaw(std::size_t bytesEach)
    {
        if (size_ == capacity_) grow(2 * capacity_ + 2, bytesEach);
    }
    void unshift() noexcept
    {
        capacity_ += front_;
        front_ = 0;
    }
    /// Room for `capacity` elements from the first one on. Where half of the memory lies before the first, they move there.
    [[gnu::cold]] void grow(std::size_t capacity, std::size_t bytesEach);
    /// No more room than for what is there.
    [[gnu::cold]] void shrinkRaw(std::size_t bytesEach) noexcept;
    void swapRaw(RawList& other) noexcept
    {
        std::swap(data_, other.data_);
        std::swap(front_, other.front_);
        std::swap(size_, other.size_);
        std::swap(capacity_, other.capacity_);
    }

    void* data_ = nullptr;
    std::size_t front_ = 0;  // elements before the first that were there once
    std::size_t size_ = 0;
    std::size_t capacity_ = 0;  // from the first on
};

/// The lists within nodes and the engine. Each type of element of a `std::vector` costs those who compile it 0.04 s,
/// here a quarter of it. T is moved as bytes: numbers, pointers, counted pointers and what consists of them; not what
/// points into itself, as a `std::string` does.
template <class T>
class List : public RawList {
    static_assert(alignof(T) <= alignof(std::max_align_t));

public:
    List() = default;
    ~List()
    {
        if constexpr (!std::is_trivially_destructible_v<T>) clear();
    }

    [[nodiscard]] T* begin() noexcept { return static_cast<T*>(data_) + front_; }
    [[nodiscard]] T* end() noexcept { return begin() + size_; }
    [[nodiscard]] T const* begin() const noexcept { return static_cast<T const*>(data_) + front_; }
    [[nodiscard]] T const* end() const noexcept { return begin() + size_; }
    [[nodiscard]] T const* data() const noexcept { return begin(); }
    [[nodiscard]] T& operator[](std::size_t i) noexcept { return begin()[i]; }
    [[nodiscard]] T const& operator[](std::size_t i) const noexcept { return begin()[i]; }
    [[nodiscard]] T& back() noexcept { return begin()[size_ - 1]; }
    [[nodiscard]] T const& back() const noexcept { return begin()[size_ - 1]; }

    void reserve(std::size_t capacity) { reserveRaw(capacity, sizeof(T)); }
    /// For one more: what is pushed next throws nothing.
    void makeRoom() { makeRoomRaw(sizeof(T)); }
    void push_back(T value)
    {
        makeRoomRaw(sizeof(T));
        ::new (begin() + size_) T(static_cast<T&&>(value));
        ++size_;
    }
    /// So many: those that come are made of nothing.
    void resize(std::size_t size)
    {
        static_assert(std::is_nothrow_default_constructible_v<T>);
        reserve(size);
        while (size_ > size) pop_back();
        for (T *to = end(), *const all = begin() + size; to != all; ++to) ::new (static_cast<void*>(to)) T();
        size_ = size;
    }
    void pop_back() noexcept { begin()[--size_].~T(); }
    /// Nothing moves: a list is a queue, too.
    void pop_front() noexcept
    {
        begin()->~T();
        ++front_;
        --size_;
        --capacity_;
        if (size_ == 0) unshift();
    }
    void clear() noexcept
    {
        if constexpr (std::is_trivially_destructible_v<T>) size_ = 0;
        else
            while (size_ > 0) pop_back();
        unshift();
    }
    /// Those behind it move up; of the first, none.
    void erase(std::size_t at) noexcept
    {
        if (at == 0) return pop_front();
        for (; at + 1 < size_; ++at) begin()[at] = static_cast<T&&>(begin()[at + 1]);
        pop_back();
    }
    void swap(List& other) noexcept { swapRaw(other); }
    /// Gives back memory that nothing needs.
    void shrink() noexcept { shrinkRaw(sizeof(T)); }
};

/// For any type: a List where T may be moved as bytes. Both have push_back, reserve, back, pop_back, data, size, capacity, clear, swap.
template <class T>
using ListOf = std::conditional_t<std::is_trivially_copy_constructible_v<T> && std::is_trivially_destructible_v<T> &&
                                      alignof(T) <= alignof(std::max_align_t),
                                  List<T>, std::vector<T>>;
template <class Some>
void shrinkToFit(Some& list)
{
    if constexpr (requires { list.shrink(); }) list.shrink();
    else list.shrink_to_fit();
}

/// An array of so many things: they need be neither copyable nor movable.
template <class T>
class Row {
public:
    Row() = default;
    explicit Row(std::size_t n) : all_(new T[n]), size_(n) {}
    Row(Row const&) = delete;
    Row& operator=(Row const&) = delete;
    ~Row() { delete[] all_; }

    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] T& operator[](std::size_t i) const noexcept { return all_[i]; }
    [[nodiscard]] T* begin() const noexcept { return all_; }
    [[nodiscard]] T* end() const noexcept { return all_ + size_; }
    void swap(Row& other) noexcept
    {
        std::swap(all_, other.all_);
        std::swap(size_, other.size_);
    }

private:
    T* all_ = nullptr;
    std::size_t size_ = 0;
};

#ifdef SLUICE_COMPILED
extern template class List<std::uint32_t>;  // <sluice/compiled.cpp>
extern template class List<std::uint64_t>;
#endif

}  // namespace sluice::inline SLUICE_ABI::detail

#ifndef SLUICE_COMPILED
#include <sluice/batch/list.ipp>
#endif
