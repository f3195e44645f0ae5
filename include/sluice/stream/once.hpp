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
        if (!begin()) return;
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

    /// Whether the caller is to do it, and then says what became of it.
    [[nodiscard]] bool begin();
    void set(unsigned state);

    std::atomic<unsigned> state_{fresh};
};

}  // namespace sluice::inline SLUICE_ABI::detail

#ifndef SLUICE_COMPILED
#include <sluice/stream/once.ipp>
#endif
