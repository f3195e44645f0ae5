#pragma once

#include <sluice/batch/list.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <type_traits>
#include <utility>

namespace sluice::inline SLUICE_ABI::detail {

/// At each place a value or none, the values side by side: an array of optionals that a loop over many reads half as much
/// of. To put, take and drop one throws nothing: V moves without.
template <class V>
class Sparse {
    static constexpr bool plain = std::is_trivially_copyable_v<V>;

public:
    Sparse() = default;
    Sparse(Sparse const&) = delete;
    Sparse& operator=(Sparse const&) = delete;
    SLUICE_COLD ~Sparse()
    {
        clear();
        release();
    }

    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] bool has(std::size_t at) const noexcept { return has_[at] != 0; }
    [[nodiscard]] V const& operator[](std::size_t at) const noexcept { return values_[at]; }

    /// The first place from this one on that has a value, or size().
    [[nodiscard]] std::size_t next(std::size_t from) const noexcept
    {
        for (; from < size_ && from % 8 != 0; ++from) {
            if (has_[from] != 0) return from;
        }
        for (std::uint64_t eight = 0; from + 8 <= size_; from += 8) {
            std::memcpy(&eight, has_ + from, 8);
            if (eight != 0) break;
        }
        while (from < size_ && has_[from] == 0) ++from;
        return from;
    }

    void put(std::size_t at, V&& value) noexcept
    {
        if constexpr (plain) {
            ::new (static_cast<void*>(values_ + at)) V(value);
        } else {
            if (has_[at] != 0) values_[at].~V();
            ::new (static_cast<void*>(values_ + at)) V(static_cast<V&&>(value));
        }
        has_[at] = 1;
    }
    V take(std::size_t at) noexcept
    {
        V value(static_cast<V&&>(values_[at]));
        drop(at);
        return value;
    }
    void drop(std::size_t at) noexcept
    {
        if constexpr (!plain) {
            if (has_[at] != 0) values_[at].~V();
        }
        has_[at] = 0;
    }

    /// Room for so many, or more.
    void reserve(std::size_t places)
    {
        if (places > size_) become(places > size_ + size_ / 2 ? places : size_ + size_ / 2);
    }
    void clear() noexcept
    {
        if constexpr (!plain) {
            for (std::size_t i = 0; i < size_; ++i) drop(i);
        } else if (size_ > 0) {
            std::memset(has_, 0, size_);
        }
    }
    /// Of the first so many the value at i goes to to[i], which is i or an earlier place, in the same order; or nowhere, where that is
    /// `nowhere`, as all others do. Then there is room for `places`: for as many as before where there is no memory to have less.
    SLUICE_COLD void renumber(Row<std::uint32_t> const& to, std::uint32_t nowhere, std::size_t places) noexcept
    {
        for (std::size_t i = 0; i < size_; ++i) {
            if (has_[i] == 0) continue;
            if (i >= to.size() || to[i] == nowhere) drop(i);
            else if (to[i] != i) put(to[i], take(i));
        }
        try {
            if (places < size_) become(places);
        } catch (...) {  // it was an attempt
        }
    }
    void swap(Sparse& other) noexcept
    {
        std::swap(values_, other.values_);
        std::swap(has_, other.has_);
        std::swap(size_, other.size_);
    }

    [[nodiscard]] std::size_t bytes() const noexcept { return size_ * (sizeof(V) + 1); }

private:
    SLUICE_COLD void become(std::size_t places)
    {
        Sparse larger;
        larger.values_ = static_cast<V*>(::operator new(places * sizeof(V), std::align_val_t{alignof(V)}));
        larger.has_ = new unsigned char[places]();
        larger.size_ = places;
        for (std::size_t i = 0; i < size_ && i < places; ++i) {
            if (has_[i] != 0) larger.put(i, take(i));
        }
        swap(larger);
    }
    void release() noexcept
    {
        ::operator delete(values_, std::align_val_t{alignof(V)});
        delete[] has_;
    }

    V* values_ = nullptr;
    unsigned char* has_ = nullptr;
    std::size_t size_ = 0;
};

}  // namespace sluice::inline SLUICE_ABI::detail
