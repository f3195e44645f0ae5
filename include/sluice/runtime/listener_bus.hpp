#pragma once

#include <sluice/io/thread.hpp>
#include <sluice/stream/config.hpp>
#include <sluice/stream/event.hpp>

#include <atomic>
#include <mutex>
#include <vector>

namespace sluice::inline SLUICE_ABI::detail {

/// Takes messages for the host's log, one at a time.
class Log {
public:
    explicit Log(Callback<void(LogEntry const&)> hook) : hook_(std::move(hook)) {}

    void operator()(LogLevel level, Label const& label, std::optional<Time> batch, std::string text)
    {
        if (!hook_) return;
        std::lock_guard const lock{mutex_};
        try {
            hook_({level, label, batch, std::move(text)});
        } catch (...) {
            // Whom should it be told?
        }
    }

private:
    Callback<void(LogEntry const&)> hook_;
    std::mutex mutex_;
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

    void add(StreamingListener& listener)
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
    void remove(StreamingListener& listener)
    {
        std::unique_lock lock{mutex_};
        for (auto i = listeners_.size(); i-- > 0;) {
            if (listeners_[i] != &listener) continue;
            listeners_.erase(listeners_.begin() + static_cast<std::ptrdiff_t>(i));
            if (i < next_) --next_;
        }
        if (listeners_.empty()) active_.store(false, std::memory_order_relaxed);
        if (thread_.get_id() == std::this_thread::get_id()) return;
        while (calling_ == &listener) {
            auto const delivered = delivered_.load(std::memory_order_acquire);
            lock.unlock();
            delivered_.wait(delivered, std::memory_order_acquire);
            lock.lock();
        }
    }

    void post(Event event)
    {
        {
            std::lock_guard const lock{mutex_};
            if (stopped_) return;
            queue_.push_back(std::move(event));
        }
        posted_.fetch_add(1, std::memory_order_release);
        posted_.notify_one();
    }

    /// Delivers what was posted, and takes no more.
    void stop()
    {
        {
            std::lock_guard const lock{mutex_};
            stopped_ = true;
            active_.store(false, std::memory_order_relaxed);
        }
        posted_.fetch_add(1, std::memory_order_release);
        posted_.notify_one();
        if (thread_.joinable()) thread_.join();
    }

private:
    void serve()
    {
        std::vector<Event> events;
        for (;;) {
            auto const posted = posted_.load(std::memory_order_acquire);
            events.clear();
            {
                std::lock_guard const lock{mutex_};
                if (queue_.empty() && stopped_) return;
                events.swap(queue_);
            }
            if (events.empty()) posted_.wait(posted, std::memory_order_acquire);
            for (auto const& event : events) deliver(event);
        }
    }

    /// Calls each listener that is there at the time.
    void deliver(Event const& event)
    {
        std::unique_lock lock{mutex_};
        for (next_ = 0; next_ < listeners_.size();) {
            auto* const listener = calling_ = listeners_[next_++];
            lock.unlock();
            try {
                event(*listener);
            } catch (...) {
                log_(LogLevel::error, {}, {}, "a listener threw: " + textOf(std::current_exception()));
            }
            lock.lock();
            calling_ = nullptr;
            delivered_.fetch_add(1, std::memory_order_release);
            delivered_.notify_all();
        }
    }

    Callback<void(std::string const&)> hook_;
    Callback<void()> enter_;
    Log& log_;
    std::mutex mutex_;
    std::vector<StreamingListener*> listeners_;
    StreamingListener* calling_ = nullptr;
    std::size_t next_ = 0;  // whose turn it is then: those who are removed meanwhile move it
    std::vector<Event> queue_;
    std::atomic<unsigned> posted_{0};
    std::atomic<unsigned> delivered_{0};
    std::atomic<bool> active_{false};
    bool stopped_ = false;
    std::thread thread_;
};

}  // namespace sluice::inline SLUICE_ABI::detail
