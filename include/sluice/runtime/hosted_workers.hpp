#pragma once

#include <sluice/runtime/workers.hpp>

namespace sluice::inline SLUICE_ABI {

/// What a host gives a `Context` to run tasks on: called with a task, it runs that on any of its threads, now or later, or
/// never. Whatever posts functions to a pool or an event loop is one: `[&pool](Callback<void()> task) { pool.post(task); }`.
///
/// ```cpp
/// auto const atOnce = [](Callback<void()> task) { task(); };
/// static_assert(Executor<decltype(atOnce)>);
/// static_assert(!Executor<int>);
/// ```
template <class E>
concept Executor = requires(E& executor, Callback<void()> task) { executor(std::move(task)); };

namespace detail {

/// `local[N]` on threads of the host's: a loop asks for N - 1 helpers, and its own thread takes part. Who comes late finds
/// nothing left to do, or helps the next loop; nobody waits for a helper that has not come, so that a host that is busy, or
/// that waits for the loop itself, holds up nothing.
template <class Void = void>
class HostedWorkers final : public WorkersBase {
public:
    SLUICE_COLD HostedWorkers(std::size_t workers, std::size_t partitions, Callback<void(Callback<void()>)> post)
        : partitions_(partitions),
          helpers_(workers > 1 ? workers - 1 : 0),
          post_(std::move(post)),
          loop_(makeCounted<SharedLoop<Void>>()),
          help_([loop = loop_] { loop->help(); })
    {
    }
    ~HostedWorkers() override { stop(); }

    /// Nothing is posted any more when it returns.
    SLUICE_COLD bool stopBy(std::chrono::steady_clock::time_point end) override
    {
        if (stopping_.exchange(true)) return true;
        if (loop_->close(end)) return true;
        stopping_.store(false);
        return false;
    }

    [[nodiscard]] std::size_t defaultPartitions() const override { return partitions_; }

    SLUICE_COLD void run(std::size_t n, void (*task)(void*, std::size_t), void* context) override
    {
        if (n == 1 || helpers_ == 0 || stopping_.load(std::memory_order_acquire) || !loop_->enter()) {
            return runHere<Void>(n, task, context);
        }
        loop_->run(n, task, context, [this](std::size_t tasks) {
            try {
                for (std::size_t i = 0; i < helpers_ && i + 1 < tasks; ++i) post_(help_);
            } catch (...) {
                // The host has no thread to spare: the loop needs none.
            }
        });
    }

private:
    std::size_t const partitions_;
    std::size_t const helpers_;
    Callback<void(Callback<void()>)> post_;
    Counted<SharedLoop<Void>> loop_;  // helpers that have not come hold it, too
    Callback<void()> help_;
    std::atomic<bool> stopping_{false};
};

#ifdef SLUICE_COMPILED
extern template class HostedWorkers<>;  // <sluice/compiled.cpp>
#endif

}  // namespace detail
}  // namespace sluice::inline SLUICE_ABI
