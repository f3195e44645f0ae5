#pragma once

#include <sluice/batch/list.hpp>
#include <sluice/io/thread.hpp>
#include <sluice/runtime/failures.hpp>
#include <sluice/runtime/other_processors.hpp>
#include <sluice/stream/batch_of_thread.hpp>
#include <sluice/stream/config.hpp>
#include <sluice/stream/wait.hpp>

#include <atomic>
#include <mutex>
#include <thread>
#include <vector>

namespace sluice::inline SLUICE_ABI::detail {

/// Marks the threads in which the code of a context's users runs, so that `stop` from there does not wait for itself.
inline thread_local void const* ownerOfThread = nullptr;

struct OwnedThread {
    explicit OwnedThread(void const* owner) : before(std::exchange(ownerOfThread, owner)) {}
    OwnedThread(OwnedThread const&) = delete;
    OwnedThread& operator=(OwnedThread const&) = delete;
    ~OwnedThread() { ownerOfThread = before; }
    void const* before;
};

struct WorkersBase : Engine {
    /// Ends the threads: later loops run where they are called. Loops that go on, of threads of the host's perhaps, are waited
    /// for until `end`. False: one still goes on, and nothing has been stopped.
    virtual bool stopBy(std::chrono::steady_clock::time_point end) = 0;
    void stop() { stopBy(std::chrono::steady_clock::time_point::max()); }
    [[nodiscard]] bool cancelled() const final { return false; }
};

/// The workers, as one of the contexts that share them sees them: it may tell what runs for it to give up.
template <class = void>
class CancellableWorkers final : public Engine {
    using Steady = std::chrono::steady_clock;
    static constexpr auto never = Steady::time_point::max().time_since_epoch().count();

public:
    explicit CancellableWorkers(Counted<WorkersBase> workers) : workers_(std::move(workers)) {}

    void run(std::size_t n, void (*task)(void*, std::size_t), void* context) override { workers_->run(n, task, context); }
    [[nodiscard]] std::size_t defaultPartitions() const override { return workers_->defaultPartitions(); }
    [[nodiscard]] bool cancelled() const override
    {
        auto const end = end_.load(std::memory_order_relaxed);
        return end != never && Steady::now().time_since_epoch().count() >= end;
    }
    void cancel(bool on) { cancelAt(on ? Steady::time_point::min() : Steady::time_point::max()); }
    void cancelAt(Steady::time_point end) { end_.store(end.time_since_epoch().count(), std::memory_order_relaxed); }

private:
    Counted<WorkersBase> workers_;
    std::atomic<Steady::rep> end_{never};
};

/// One loop over partitions at a time, in which several threads take part: who takes a partition runs it.
template <class Void = void>
class SharedLoop final : public RefCounted {
public:
    /// Whether no other loop runs here; then this one does, and must.
    [[nodiscard]] bool enter() { return busy_.exchange(1, std::memory_order_acquire) == 0; }

    /// Waits for the end of a loop that runs; no other one begins. False: it has not ended by then.
    SLUICE_COLD bool close(std::chrono::steady_clock::time_point end)
    {
        bool const patient = end == std::chrono::steady_clock::time_point::max();
        while (busy_.exchange(1, std::memory_order_acquire) != 0) {
            if (patient) {
                waitWhile(busy_, 1U);
            } else {
                if (std::chrono::steady_clock::now() >= end) return false;
                std::this_thread::sleep_for(std::chrono::milliseconds{1});
            }
        }
        return true;
    }

    /// Runs n tasks, with all that call() brings here; returns when each of them is done.
    template <class Call>
    void run(std::size_t n, void (*task)(void*, std::size_t), void* context, Call&& call)
    {
        Failures<Void> failures;
        task_.store(task, std::memory_order_relaxed);
        context_.store(context, std::memory_order_relaxed);
        owner_.store(ownerOfThread, std::memory_order_relaxed);
        batch_.store(batchOfThread, std::memory_order_relaxed);
        turn_.store(turnOfThread, std::memory_order_relaxed);
        failures_.store(&failures, std::memory_order_relaxed);
        count_.store(n, std::memory_order_relaxed);
        pending_.store(n, std::memory_order_relaxed);
        auto const epoch = ticket_.load(std::memory_order_relaxed) / epochStep + 1;
        ticket_.store(epoch * epochStep + n, std::memory_order_release);
        call(n);

        while (takeOne(epoch)) {}
        for (auto left = pending_.load(std::memory_order_acquire); left != 0; left = pending_.load(std::memory_order_acquire)) {
            waitWhile(pending_, left);
        }
        busy_.store(0, std::memory_order_release);
        notifyOne(busy_);
        failures.rethrow();
    }

    /// Takes part in the loop that runs, if any; answers what to wait for when there is nothing left to take.
    std::uint64_t help()
    {
        for (;;) {
            auto const ticket = ticket_.load(std::memory_order_acquire);
            if (takeOne(ticket / epochStep)) continue;
            auto const now = ticket_.load(std::memory_order_acquire);
            if (now / epochStep == ticket / epochStep) return now;
        }
    }

    void await(std::uint64_t ticket) const { waitWhile(ticket_, ticket); }
    void callOne() { notifyOne(ticket_); }
    void callAll() { notifyAll(ticket_); }

    /// Nobody waits any longer.
    SLUICE_COLD void wakeAll()
    {
        ticket_.fetch_add(epochStep, std::memory_order_release);
        callAll();
    }

private:
    // The ticket: upper half, which loop; lower half, how many of its partitions nobody has taken yet. A loop that is
    // over has none left, so that who looks at it late takes nothing of the next one, which is being written by then.
    static constexpr std::uint64_t epochStep = std::uint64_t{1} << 32;

    /// Takes and runs one partition of this loop; false when there is none left, or another loop by now.
    bool takeOne(std::uint64_t epoch)
    {
        auto ticket = ticket_.load(std::memory_order_acquire);
        do {
            if (ticket / epochStep != epoch || ticket % epochStep == 0) return false;
        } while (!ticket_.compare_exchange_weak(ticket, ticket - 1, std::memory_order_acq_rel));
        // Taken: the loop lasts until this is counted off.
        auto const p = count_.load(std::memory_order_relaxed) - static_cast<std::size_t>(ticket % epochStep);
        auto* const task = task_.load(std::memory_order_relaxed);
        auto* const context = context_.load(std::memory_order_relaxed);
        OwnedThread const mark{owner_.load(std::memory_order_relaxed)};
        OfBatch const batch{batch_.load(std::memory_order_relaxed)};
        OfTurn const turn{turn_.load(std::memory_order_relaxed)};
        failures_.load(std::memory_order_relaxed)->run(p, [=] { task(context, p); });
        if (pending_.fetch_sub(1, std::memory_order_acq_rel) == 1) notifyOne(pending_);
        return true;
    }

    std::atomic<unsigned> busy_{0};  // no bool: to wait is compiled for each type
    std::atomic<std::uint64_t> ticket_{0};
    std::atomic<std::size_t> count_{0};
    std::atomic<std::size_t> pending_{0};
    std::atomic<void (*)(void*, std::size_t)> task_{nullptr};
    std::atomic<void*> context_{nullptr};
    std::atomic<void const*> owner_{nullptr};
    std::atomic<std::int64_t> batch_{noBatch};
    std::atomic<void const*> turn_{nullptr};
    std::atomic<Failures<Void>*> failures_{nullptr};
};

/// A loop in the thread that asks for it.
template <class Void = void>
void runHere(std::size_t n, void (*task)(void*, std::size_t), void* context)
{
    Failures<Void> failures;
    for (std::size_t p = 0; p < n; ++p) failures.run(p, [=] { task(context, p); });
    failures.rethrow();
}

/// `local[N]`: the thread that runs a loop is one of N workers, the others are handed partitions as they come free.
/// Hand-over by atomic waiting; nobody spins. A loop that begins while another one runs, in a task or in a thread of
/// the host, runs where it is.
template <class Void = void>
class Workers final : public WorkersBase {
public:
    using OnThreadStart = Callback<void(std::string const&)>;

    /// Not inline, so that the compiled mode spares the files of a program all that it is made of.
    static Counted<WorkersBase> make(std::size_t workers, std::size_t partitions, OnThreadStart const& onThreadStart);

    SLUICE_COLD Workers(std::size_t workers, std::size_t partitions, OnThreadStart const& onThreadStart) : partitions_(partitions)
    {
        try {
            threads_.reserve(workers);
            for (std::size_t i = 1; i < workers; ++i) {
                threads_.push_back(io::startThread(concat({"sluice-worker-", Digits{i}.text()}), onThreadStart, [this] { serve(); }));
                helpers_.add(threads_[i - 1].native_handle());
            }
        } catch (...) {
            stop();  // those that run
            throw;
        }
    }
    ~Workers() override { stop(); }

    SLUICE_COLD bool stopBy(std::chrono::steady_clock::time_point end) override
    {
        if (stopping_.exchange(true)) return true;
        if (!loop_.close(end)) {
            stopping_.store(false);
            return false;
        }
        loop_.wakeAll();
        for (auto& thread : threads_) thread.join();
        return true;
    }

    [[nodiscard]] std::size_t defaultPartitions() const override { return partitions_; }
    void run(std::size_t n, void (*task)(void*, std::size_t), void* context) override
    {
        if (n == 1 || threads_.empty() || stopping_.load(std::memory_order_acquire) || !loop_.enter()) {
            return runHere<Void>(n, task, context);
        }
        helpers_.leave(::sched_getcpu());
        loop_.run(n, task, context, [this](std::size_t tasks) {
            if (tasks == 2) loop_.callOne();
            else loop_.callAll();
        });
    }

private:
    void serve()
    {
        while (!stopping_.load(std::memory_order_acquire)) {
            auto const ticket = loop_.help();
            if (!stopping_.load(std::memory_order_acquire)) loop_.await(ticket);
        }
    }

    std::size_t const partitions_;
    List<std::thread> threads_;
    OtherProcessors helpers_;  // of who has entered the loop
    std::atomic<bool> stopping_{false};
    SharedLoop<Void> loop_;
};

template <class Void>
Counted<WorkersBase> Workers<Void>::make(std::size_t workers, std::size_t partitions, OnThreadStart const& onThreadStart)
{
    return Counted<WorkersBase>{new Workers(workers, partitions, onThreadStart)};
}

#ifdef SLUICE_COMPILED
extern template class Counted<WorkersBase>;  // <sluice/compiled.cpp>
extern template class Workers<>;             // <sluice/compiled.cpp>
#endif

}  // namespace sluice::inline SLUICE_ABI::detail
