#pragma once

#include <cstddef>
#include <cstring>
#include <new>
#include <utility>

#include <sys/mman.h>

namespace bench {

/// Zeroed memory in huge pages, for trivial types, that is kept: what a careful program's tables lie in.
template <class T>
class Huge {
public:
    Huge() = default;
    explicit Huge(std::size_t size) : size_(size)
    {
        constexpr std::size_t page = std::size_t{1} << 21;
        bytes_ = (size * sizeof(T) + page - 1) / page * page + page;
        void* const p = ::mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (p == MAP_FAILED) throw std::bad_alloc{};
        ::madvise(p, bytes_, MADV_HUGEPAGE);
        memory_ = p;
        auto const at = reinterpret_cast<std::size_t>(p);
        data_ = reinterpret_cast<T*>((at + page - 1) / page * page);
    }
    Huge(Huge&& other) noexcept
        : memory_(std::exchange(other.memory_, nullptr)), bytes_(other.bytes_), data_(other.data_), size_(std::exchange(other.size_, 0))
    {
    }
    Huge& operator=(Huge&& other) noexcept
    {
        std::swap(memory_, other.memory_);
        std::swap(bytes_, other.bytes_);
        std::swap(data_, other.data_);
        std::swap(size_, other.size_);
        return *this;
    }
    ~Huge()
    {
        if (memory_ != nullptr) ::munmap(memory_, bytes_);
    }

    [[nodiscard]] T* data() const { return data_; }
    [[nodiscard]] std::size_t size() const { return size_; }
    T& operator[](std::size_t i) const { return data_[i]; }
    [[nodiscard]] T* begin() const { return data_; }
    [[nodiscard]] T* end() const { return data_ + size_; }
    void clear() const { std::memset(static_cast<void*>(data_), 0, size_ * sizeof(T)); }

private:
    void* memory_ = nullptr;
    std::size_t bytes_ = 0;
    T* data_ = nullptr;
    std::size_t size_ = 0;
};

}  // namespace bench
