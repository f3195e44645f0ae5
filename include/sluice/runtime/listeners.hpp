#pragma once

#include <sluice/runtime/log.hpp>
#include <sluice/stream/clock.hpp>
#include <sluice/stream/event.hpp>
#include <sluice/stream/graph.hpp>

#include <atomic>
#include <mutex>

namespace sluice::inline SLUICE_ABI::detail {

/// A batch whose inputs are fixed.
struct Tick {
    Time time;
    Time submitted;
    std::exception_ptr failure{};  // an input could not be fixed
};

/// What listeners are told of one batch, while it is on its way. Nothing of it throws: what cannot be told is counted as dropped.
struct BatchReport : Disposable {
    virtual void jobStarted(std::size_t output) noexcept = 0;
    /// Its last attempt is over; null: it went well.
    virtual void jobEnded(std::size_t output, std::exception_ptr const& error) noexcept = 0;
    virtual void completed() noexcept = 0;
};

enum class ReceiverChange { started, error, stopped };

/// Tells listeners what happens, in a thread of its own. A class behind a border, since a program that adds no listener need not
/// compile any of it.
struct ListenerBusBase : ListenerHub {
    virtual void add(StreamingListener& listener, Counted<ListenerOwner> owner) = 0;
    virtual void remove(StreamingListener& listener) = 0;

    virtual void streamingStarted(Time now) noexcept = 0;
    virtual void receiverChanged(ReceiverChange change, ReceiverInfo const& info) noexcept = 0;
    /// The batch begins, and these outputs have a job. Null: nothing is told of it, since it has no job and no record, or since
    /// there is no memory.
    [[nodiscard]] virtual Counted<BatchReport> submitted(Tick const& tick, List<bool> const& planned) noexcept = 0;
    virtual void skipped(Tick const& tick, std::string_view why, std::string_view what) noexcept = 0;
    /// An event could not be made.
    virtual void lost() noexcept = 0;

    /// Takes no more. Until the deadline everything is delivered that waits, where `all` is asked for; then, and otherwise, what
    /// listeners take within a moment, and the rest is dropped, and told. False: a listener has not come back by `end`; its
    /// thread is left to finish().
    virtual bool stop(bool all, std::chrono::steady_clock::time_point deadline, std::chrono::steady_clock::time_point end) = 0;
    /// The context goes: nobody is called any more, and owned listeners go.
    virtual void finish() = 0;

    [[nodiscard]] bool active() const { return active_.load(std::memory_order_relaxed); }

protected:
    std::atomic<bool> active_{false};  // somebody listens
};

/// What a bus tells of, and with.
struct ListenerBusParts {
    GraphCore& graph;
    Log& log;
    Clock clock;
    Callback<void(std::string const&)> onThreadStart;
    void const* thread;  // what ownerOfThread says on the bus' thread
};

using MakeListenerBus = Counted<ListenerBusBase> (*)(ListenerBusParts const& parts);

/// The listeners of a context. Its bus is made for the first one.
class Listeners {
public:
    explicit Listeners(ListenerBusParts parts) : parts_(std::move(parts)) {}

    /// The bus, where somebody listens; otherwise null.
    [[nodiscard]] ListenerBusBase* active() const
    {
        auto* const bus = bus_.load(std::memory_order_acquire);
        return bus != nullptr && bus->active() ? bus : nullptr;
    }

    /// Adds one that leaves by itself, or one with its owner. What throws leaves nothing behind.
    SLUICE_COLD void add(MakeListenerBus make, StreamingListener& listener, Counted<ListenerOwner> owner)
    {
        {
            std::lock_guard const lock{mutex_};
            if (stopped_) return;
            if (!made_) made_ = make(parts_);
            bus_.store(made_.get(), std::memory_order_release);
        }
        made_->add(listener, std::move(owner));
    }
    void remove(StreamingListener& listener)
    {
        if (auto* const bus = bus_.load(std::memory_order_acquire)) bus->remove(listener);
    }

    /// As ListenerBusBase's.
    SLUICE_COLD bool stop(bool all, std::chrono::steady_clock::time_point deadline, std::chrono::steady_clock::time_point end)
    {
        {
            std::lock_guard const lock{mutex_};
            stopped_ = true;
        }
        return !made_ || made_->stop(all, deadline, end);
    }
    void finish()
    {
        if (made_) made_->finish();
    }

private:
    ListenerBusParts parts_;
    std::mutex mutex_;
    Counted<ListenerBusBase> made_;  // once
    std::atomic<ListenerBusBase*> bus_{nullptr};
    bool stopped_ = false;
};

}  // namespace sluice::inline SLUICE_ABI::detail
