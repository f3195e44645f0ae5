#pragma once

#include <sluice/batch/list.hpp>

namespace sluice::inline SLUICE_ABI::detail {

SLUICE_COLD SLUICE_BODY void RawList::grow(std::size_t capacity, std::size_t bytesEach)
{
    if (front_ > size_ && front_ + capacity_ >= capacity) {
        std::memcpy(data_, static_cast<char const*>(data_) + front_ * bytesEach, size_ * bytesEach);
        capacity_ += front_;
        front_ = 0;
        return;
    }
    void* const data = std::realloc(data_, (front_ + capacity) * bytesEach);
    if (data == nullptr) throw std::bad_alloc{};
    data_ = data;
    capacity_ = capacity;
}

SLUICE_COLD SLUICE_BODY void RawList::shrinkRaw(std::size_t bytesEach) noexcept
{
    if (front_ > 0 && size_ > 0) std::memmove(data_, static_cast<char const*>(data_) + front_ * bytesEach, size_ * bytesEach);
    capacity_ += front_;
    front_ = 0;
    if (size_ == capacity_) return;
    if (size_ == 0) std::free(std::exchange(data_, nullptr));
    else if (void* const data = std::realloc(data_, size_ * bytesEach)) data_ = data;
    else return;
    capacity_ = size_;
}

}  // namespace sluice::inline SLUICE_ABI::detail
