#pragma once

#include <sluice/stream/wait.hpp>

#include <atomic>

namespace sluice::inline SLUICE_ABI::detail {

/// A mutex of four bytes, beside what it guards: rarely does anybody wait for it.
class SmallMutex {
public:
    void lock()
    {
        if (state_.exchange(held, std::memory_order_acquire) != open) lockSlowly();
    }
    void unlock()
    {
        if (state_.exchange(open, std::memory_order_release) == awaited) notifyOne(state_);
    }

private:
    enum : unsigned { open, held, awaited };

    SLUICE_COLD void lockSlowly()
    {
        while (state_.exchange(awaited, std::memory_order_acquire) != open) waitWhile<unsigned>(state_, awaited);
    }

    std::atomic<unsigned> state_{open};
};

}  // namespace sluice::inline SLUICE_ABI::detail
