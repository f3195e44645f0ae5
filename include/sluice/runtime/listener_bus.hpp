#pragma once

#include <sluice/batch/key.hpp>
#include <sluice/batch/key_index.hpp>
#include <sluice/io/monitor.hpp>
#include <sluice/io/thread.hpp>
#include <sluice/runtime/log.hpp>
#include <sluice/stream/event.hpp>
#include <sluice/stream/list.hpp>

#include <atomic>
#include <mutex>

namespace sluice::inline SLUICE_ABI::detail {

// What a listener is told of: one class for what has one content, because each one that a Callback holds costs those who
// compile it 0.05 s. A template, so that only those who make a context copy it.

struct ReceiverEvent {
    enum Kind { started, error, stopped } kind;
    ReceiverInfo info;

    template <class Listener>
    SLUICE_COLD void operator()(Listener& l) const
    {
        if (kind == started) l.onReceiverStarted({info});
        else if (kind == error) l.onReceiverError({info});
        else l.onReceiverStopped({info});
    }
};

struct BatchEvent {
    enum Kind { submitted, started, completed, skipped } kind;
    BatchInfo info;
    std::string reason;

    template <class Listener>
    SLUICE_COLD void operator()(Listener& l) const
    {
        if (kind == submitted) l.onBatchSubmitted({info});
        else if (kind == started) l.onBatchStarted({info});
        else if (kind == completed) l.onBatchCompleted({info});
        else l.onBatchSkipped({info, reason});
    }
};

struct OutputEvent {
    enum Kind { started, completed } kind;
    OutputOperationInfo info;

    template <class Listener>
    SLUICE_COLD void operator()(Listener& l) const
    {
        if (kind == started) l.onOutputOperationStarted({info});
        else l.onOutputOperationCompleted({info});
    }
};

/// Hands events to listeners in a thread of its own: whoever posts does not wait. It costs nothing without listeners. Listeners
/// know it, and leave when they die, so it lasts as long as one of them does.
template <class = void>
class ListenerBus final : public ListenerHub {
    using Steady = std::chrono::steady_clock;

public:
    using Event = Callback<void(StreamingListener&)>;

    /// So many events may wait; those beyond are dropped, and counted.
    static constexpr std::size_t limit = 10'000;
    /// What listeners may take for what waits when a stop without grace has begun.
    static constexpr Duration lastWords = std::chrono::milliseconds{200};

    ListenerBus(Callback<void(std::string const&)> onThreadStart, Callback<void()> enter, Log& log)
        : hook_(std::move(onThreadStart)), enter_(std::move(enter)), log_(log)
    {
    }
    SLUICE_COLD ~ListenerBus() override = default;

    [[nodiscard]] bool active() const { return active_.load(std::memory_order_relaxed); }

    /// Adds one that leaves by itself, or one with its owner. What throws leaves nothing behind.
    SLUICE_COLD void add(StreamingListener& listener, Counted<ListenerOwner> owner = {})
    {
        bool const leavesItself = !owner;
        if (leavesItself) listener.hubs_.add(*this);
        try {
            std::lock_guard const lock{monitor_};
            if (stopped_) return;
            if (!thread_.joinable()) {
                thread_ = io::startThread("sluice-listen", hook_, [this] {
                    enter_();
                    serve();
                });
            }
            numbers_.reserve(numbers_.size() + 1);
            listeners_.push_back({&listener, std::move(owner)});
            numbers_.insert(tagOf(listener), static_cast<std::uint32_t>(listeners_.size() - 1));
            active_.store(true, std::memory_order_relaxed);
        } catch (...) {
            if (leavesItself) listener.hubs_.remove(*this);
            throw;
        }
    }

    /// The listener is not called any more when this returns, unless the caller is a listener itself.
    SLUICE_COLD void remove(StreamingListener& listener)
    {
        listener.hubs_.remove(*this);
        forget(listener);
    }

    SLUICE_COLD void forget(StreamingListener& listener) noexcept override
    {
        std::unique_lock lock{monitor_};
        auto const tag = tagOf(listener);
        for (;;) {
            auto const i = numbers_.find(tag, [&](std::uint32_t number) { return listeners_[number].listener == &listener; });
            if (i == KeyIndex::none) break;
            numbers_.erase(tag, i);
            listeners_[i].listener = nullptr;  // its place stays until many are empty
            auto owner = std::move(listeners_[i].owner);
            if (numbers_.size() < listeners_.size() / 2) closeRanks();
            lock.unlock();  // its owner goes without
            owner = {};
            lock.lock();
        }
        if (numbers_.size() == 0) active_.store(false, std::memory_order_relaxed);
        if (self_ == std::this_thread::get_id()) return;
        monitor_.wait([&] { return calling_ != &listener; });
    }

    SLUICE_COLD void post(Event event)
    {
        bool first = false;
        {
            std::lock_guard const lock{monitor_};
            if (stopped_) return;
            if (waiting_ < limit) {
                queue_.push_back(std::move(event));
                ++waiting_;
                monitor_.notifyAll();
                return;
            }
            first = dropped_++ == 0;
        }
        if (first) warn("listeners are too slow: ", limit, " events wait for them, and those beyond are dropped");
    }

    /// Posts what make() gives; without memory for that the event is dropped, and counted.
    template <class Make>
    void tell(Make&& make) noexcept
    {
        try {
            post(make());
        } catch (...) {
            lost();
        }
    }
    SLUICE_COLD void lost() noexcept
    {
        std::lock_guard const lock{monitor_};
        if (stopped_) return;
        ++dropped_;
        monitor_.notifyAll();
    }

    /// Takes no more. Until the deadline everything is delivered that waits, where `all` is asked for; then, and otherwise, what
    /// listeners take within a moment, and the rest is dropped, and told. False: a listener has not come back by `end`; its
    /// thread is left to join().
    SLUICE_COLD bool stop(bool all, Steady::time_point deadline, Steady::time_point end)
    {
        {
            std::unique_lock lock{monitor_};
            stopped_ = true;
            hasty_ = !all;
            active_.store(false, std::memory_order_relaxed);
            monitor_.notifyAll();
            if (!thread_.joinable()) return true;
            auto const ended = [this] { return ended_; };
            if (!all || !monitor_.waitUntil(deadline, ended)) {
                hasty_ = true;
                if (!monitor_.waitUntil(end, ended)) {
                    abandoned_ = true;  // what waits is dropped when the listener comes back
                    return false;
                }
            }
        }
        join();
        return true;
    }

    /// Waits for the listener that has not come back.
    SLUICE_COLD void join()
    {
        {
            std::lock_guard const lock{monitor_};
            stopped_ = hasty_ = true;
            active_.store(false, std::memory_order_relaxed);
            monitor_.notifyAll();
        }
        if (thread_.joinable()) thread_.join();
    }

    /// The context goes: nobody is called any more, and owned listeners go.
    SLUICE_COLD void finish()
    {
        join();
        List<Entry> all;
        std::lock_guard const lock{monitor_};
        all.swap(listeners_);
        numbers_.clear();
    }

private:
    struct Entry {
        StreamingListener* listener;
        Counted<ListenerOwner> owner;
    };

    [[nodiscard]] static std::uint32_t tagOf(StreamingListener const& listener)
    {
        return static_cast<std::uint32_t>(hashOf(reinterpret_cast<std::uintptr_t>(&listener)));
    }

    /// Those that are left move up. Under the lock.
    SLUICE_COLD void closeRanks() noexcept
    {
        numbers_.clear();
        std::size_t left = 0;
        auto next = next_;
        for (std::size_t i = 0; i < listeners_.size(); ++i) {
            if (listeners_[i].listener == nullptr) {
                if (i < next_) --next;
                continue;
            }
            if (left != i) listeners_[left] = std::move(listeners_[i]);
            numbers_.insert(tagOf(*listeners_[left].listener), static_cast<std::uint32_t>(left));  // there is room
            ++left;
        }
        while (listeners_.size() > left) listeners_.pop_back();
        next_ = next;
    }

    SLUICE_COLD void serve()
    {
        List<Event> events;
        std::unique_lock lock{monitor_};
        self_ = std::this_thread::get_id();
        for (;;) {
            monitor_.wait([this] { return stopped_ || !queue_.empty() || (dropped_ > 0 && waiting_ == 0); });
            if (queue_.empty() && !stopped_) {
                tellOfDropped(lock);
                continue;
            }
            if (queue_.empty()) break;
            events.swap(queue_);
            for (auto const& event : events) {
                if (hasty_ && (abandoned_ || spent_ > lastWords)) break;
                deliver(event, lock);
                --waiting_;
                if (dropped_ > 0 && (waiting_ <= limit / 2 || stopped_)) tellOfDropped(lock);
            }
            if (hasty_ && (abandoned_ || spent_ > lastWords)) break;
            lock.unlock();
            events.clear();
            lock.lock();
        }
        auto const left = waiting_ + dropped_;
        lock.unlock();
        events.clear();
        if (left > 0) warn("stop(): ", left, " events that listeners have not been told of are dropped: they are too slow, or memory is short");
        lock.lock();
        ended_ = true;
        monitor_.notifyAll();
    }

    SLUICE_COLD void tellOfDropped(std::unique_lock<io::Monitor>& lock)
    {
        auto const count = std::exchange(dropped_, 0);
        lock.unlock();
        warn("", count, " events were dropped: listeners are too slow, or memory is short");
        Event event;
        try {
            event = [count](StreamingListener& l) { l.onEventsDropped({static_cast<std::int64_t>(count)}); };
        } catch (...) {
            lock.lock();
            return;  // the log has it
        }
        lock.lock();
        deliver(event, lock);
    }

    SLUICE_COLD void warn(std::string_view before, std::size_t count, std::string_view behind) noexcept
    {
        log_.tell(LogLevel::warning, {}, {}, {before, Digits{count}.text(), behind});
    }

    /// Calls each listener that is there at the time.
    SLUICE_COLD void deliver(Event const& event, std::unique_lock<io::Monitor>& lock)
    {
        for (next_ = 0; next_ < listeners_.size();) {
            auto entry = listeners_[next_++];  // also its owner: it may remove itself
            if (entry.listener == nullptr) continue;
            calling_ = entry.listener;
            bool const timed = stopped_;
            lock.unlock();
            auto const begin = timed ? Steady::now() : Steady::time_point{};
            try {
                event(*entry.listener);
            } catch (...) {
                log_.tell(LogLevel::error, {}, {}, {"a listener threw: ", errorText(std::current_exception())});
            }
            if (timed) spent_ += std::chrono::duration_cast<Duration>(Steady::now() - begin);
            lock.lock();
            calling_ = nullptr;
            monitor_.notifyAll();
            if (!entry.owner) continue;
            lock.unlock();
            entry.owner = {};
            lock.lock();
        }
    }

    Callback<void(std::string const&)> hook_;
    Callback<void()> enter_;
    Log& log_;
    io::Monitor monitor_;  // over what follows
    List<Entry> listeners_;  // with gaps
    KeyIndex numbers_;       // where each stands there
    StreamingListener* calling_ = nullptr;
    std::size_t next_ = 0;  // whose turn it is then: those who are removed meanwhile move it
    List<Event> queue_;
    std::size_t waiting_ = 0;  // those in the queue, and those that are being delivered
    std::size_t dropped_ = 0;  // not told yet
    std::atomic<bool> active_{false};
    bool stopped_ = false;
    bool hasty_ = false;
    bool abandoned_ = false;
    bool ended_ = false;
    Duration spent_{0};  // within listeners since the stop; of the bus' own thread
    std::thread::id self_;
    std::thread thread_;
};

}  // namespace sluice::inline SLUICE_ABI::detail
