#pragma once

#include <sluice/io/thread.hpp>
#include <sluice/runtime/log.hpp>
#include <sluice/stream/event.hpp>
#include <sluice/stream/list.hpp>
#include <sluice/stream/wait.hpp>

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

/// Hands events to listeners in a thread of its own: whoever posts does not wait. It costs nothing without listeners.
template <class = void>
class ListenerBus {
public:
    using Event = Callback<void(StreamingListener&)>;

    ListenerBus(Callback<void(std::string const&)> onThreadStart, Callback<void()> enter, Log& log)
        : hook_(std::move(onThreadStart)), enter_(std::move(enter)), log_(log)
    {
    }
    ~ListenerBus() { stop(); }

    [[nodiscard]] bool active() const { return active_.load(std::memory_order_relaxed); }

    SLUICE_COLD void add(StreamingListener& listener)
    {
        std::lock_guard const lock{mutex_};
        listeners_.push_back(&listener);
        if (stopped_) return;
        active_.store(true, std::memory_order_relaxed);
        if (!thread_.joinable()) {
            thread_ = io::startThread("sluice-listen", hook_, [this] {
                enter_();
                serve();
            });
        }
    }

    /// The listener is not called any more when this returns, unless the caller is a listener itself.
    SLUICE_COLD void remove(StreamingListener& listener)
    {
        std::unique_lock lock{mutex_};
        for (auto i = listeners_.size(); i-- > 0;) {
            if (listeners_[i] != &listener) continue;
            listeners_.erase(i);
            if (i < next_) --next_;
        }
        if (listeners_.empty()) active_.store(false, std::memory_order_relaxed);
        if (thread_.get_id() == std::this_thread::get_id()) return;
        while (calling_ == &listener) {
            auto const delivered = delivered_.load(std::memory_order_acquire);
            lock.unlock();
            waitWhile(delivered_, delivered);
            lock.lock();
        }
    }

    SLUICE_COLD void post(Event event)
    {
        {
            std::lock_guard const lock{mutex_};
            if (stopped_) return;
            queue_.push_back(std::move(event));
        }
        posted_.fetch_add(1, std::memory_order_release);
        notifyOne(posted_);
    }

    /// Delivers what was posted, and takes no more.
    SLUICE_COLD void stop()
    {
        {
            std::lock_guard const lock{mutex_};
            stopped_ = true;
            active_.store(false, std::memory_order_relaxed);
        }
        posted_.fetch_add(1, std::memory_order_release);
        notifyOne(posted_);
        if (thread_.joinable()) thread_.join();
    }

private:
    SLUICE_COLD void serve()
    {
        List<Event> events;
        for (;;) {
            auto const posted = posted_.load(std::memory_order_acquire);
            events.clear();
            {
                std::lock_guard const lock{mutex_};
                if (queue_.empty() && stopped_) return;
                events.swap(queue_);
            }
            if (events.empty()) waitWhile(posted_, posted);
            for (auto const& event : events) deliver(event);
        }
    }

    /// Calls each listener that is there at the time.
    SLUICE_COLD void deliver(Event const& event)
    {
        std::unique_lock lock{mutex_};
        for (next_ = 0; next_ < listeners_.size();) {
            auto* const listener = calling_ = listeners_[next_++];
            lock.unlock();
            try {
                event(*listener);
            } catch (...) {
                log_(LogLevel::error, {}, {}, concat({"a listener threw: ", textOf(std::current_exception())}));
            }
            lock.lock();
            calling_ = nullptr;
            delivered_.fetch_add(1, std::memory_order_release);
            notifyAll(delivered_);
        }
    }

    Callback<void(std::string const&)> hook_;
    Callback<void()> enter_;
    Log& log_;
    std::mutex mutex_;
    List<StreamingListener*> listeners_;
    StreamingListener* calling_ = nullptr;
    std::size_t next_ = 0;  // whose turn it is then: those who are removed meanwhile move it
    List<Event> queue_;
    std::atomic<unsigned> posted_{0};
    std::atomic<unsigned> delivered_{0};
    std::atomic<bool> active_{false};
    bool stopped_ = false;
    std::thread thread_;
};

}  // namespace sluice::inline SLUICE_ABI::detail
