#pragma once

#include <sluice/batch/macros.hpp>

#include <atomic>

namespace sluice::inline SLUICE_ABI::detail {

// Waiting for an atomic, out of line: what g++ 12 makes of each wait and each notify is long.

template <class T>
[[gnu::noinline]] void waitWhile(std::atomic<T> const& value, T old)
{
    value.wait(old, std::memory_order_acquire);
}
template <class T>
[[gnu::noinline]] void notifyOne(std::atomic<T>& value)
{
    value.notify_one();
}
template <class T>
[[gnu::noinline]] void notifyAll(std::atomic<T>& value)
{
    value.notify_all();
}

}  // namespace sluice::inline SLUICE_ABI::detail
