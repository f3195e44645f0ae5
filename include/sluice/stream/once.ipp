#pragma once

#include <sluice/stream/once.hpp>

namespace sluice::inline SLUICE_ABI::detail {

SLUICE_BODY bool Once::begin()
{
    unsigned state = state_.load(std::memory_order_acquire);
    for (;;) {
        if (state == ready) return false;
        if (state == fresh && state_.compare_exchange_weak(state, running, std::memory_order_acquire)) return true;
        if (state == running) {
            waitWhile<unsigned>(state_, running);
            state = state_.load(std::memory_order_acquire);
        }
    }
}

SLUICE_BODY void Once::set(unsigned state)
{
    state_.store(state, std::memory_order_release);
    notifyAll(state_);
}

}  // namespace sluice::inline SLUICE_ABI::detail
