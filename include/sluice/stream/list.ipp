#pragma once

#include <sluice/stream/list.hpp>

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

}  // namespace sluice::inline SLUICE_ABI::detail
