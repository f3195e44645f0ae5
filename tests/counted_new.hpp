#pragma once

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

// For one file of a program: every allocation of the program is counted from then on, but under the thread sanitizer of
// clang, which brings its own operators.

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define SLUICE_OWN_NEW
#endif
#endif

namespace sluice::tests {

inline std::atomic<long> allocations = 0;
inline std::atomic<long> live = 0;
#ifdef SLUICE_OWN_NEW
inline constexpr bool allocationsAreCounted = false;
#else
inline constexpr bool allocationsAreCounted = true;
#endif

}  // namespace sluice::tests

#ifndef SLUICE_OWN_NEW
// Not inlined: g++ would see malloc meet delete, and take that for a mistake. The one that does not throw is replaced
// with the others: a sanitizer's would not call them, and its memory is not for free().
[[gnu::noinline]] void* operator new(std::size_t bytes, std::nothrow_t const&) noexcept
{
    void* const memory = std::malloc(bytes > 0 ? bytes : 1);
    if (memory == nullptr) return nullptr;
    sluice::tests::allocations.fetch_add(1, std::memory_order_relaxed);
    sluice::tests::live.fetch_add(1, std::memory_order_relaxed);
    return memory;
}
[[gnu::noinline]] void* operator new(std::size_t bytes)
{
    if (void* const memory = operator new(bytes, std::nothrow)) return memory;
    throw std::bad_alloc{};
}
[[gnu::noinline]] void operator delete(void* memory) noexcept
{
    if (memory != nullptr) sluice::tests::live.fetch_sub(1, std::memory_order_relaxed);
    std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { operator delete(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::nothrow_t const&) noexcept { operator delete(memory); }
#endif
