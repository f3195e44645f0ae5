#pragma once

#include <sluice/stream/wait.hpp>

namespace sluice::inline SLUICE_ABI::detail {

/// Work that is done once, by whoever needs it first; who needs it meanwhile waits. Where it throws, the next one does
/// it anew. A batch that is kept may be used by several threads.
class Once {
public:
    [[nodiscard]] bool done() const { return state_.load(std::memory_order_acquire) == ready; }

    template <class Work>
    void run(Work&& work)
    {
        unsigned state = state_.load(std::memory_order_acquire);
        for (;;) {
            if (state == ready) return;
            if (state == fresh && state_.compare_exchange_weak(state, running, std::memory_order_acquire)) break;
            if (state == running) {
                waitWhile<unsigned>(state_, running);
                state = state_.load(std::memory_order_acquire);
            }
        }
        try {
            work();
        } catch (...) {
            set(fresh);
            throw;
        }
        set(ready);
    }

    /// Other work comes. Nobody else may be here.
    void reset() { state_.store(fresh, std::memory_order_relaxed); }

private:
    enum : unsigned { fresh, running, ready };

    void set(unsigned state)
    {
        state_.store(state, std::memory_order_release);
        notifyAll(state_);
    }

    std::atomic<unsigned> state_{fresh};
};

}  // namespace sluice::inline SLUICE_ABI::detail
