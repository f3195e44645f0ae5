#pragma once

#include <sluice/io/thread.hpp>
#include <sluice/stream/config.hpp>
#include <sluice/stream/event.hpp>

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

namespace sluice::inline SLUICE_ABI::detail {

/// Takes messages for the host's log, one at a time.
class Log {
public:
    explicit Log(std::function<void(LogEntry const&)> hook) : hook_(std::move(hook)) {}

    void operator()(LogLevel level, Label const& label, std::optional<Time> batch, std::string text)
    {
        if (!hook_) return;
        std::scoped_lock const lock{mutex_};
        try {
            hook_({level, label, batch, std::move(text)});
        } catch (...) {
            // Whom should it be told?
        }
    }

private:
    std::function<void(LogEntry const&)> hook_;
    std::mutex mutex_;
};

/// Hands events to listeners in a thread of its own: whoever posts does not wait. It costs nothing without listeners.
class ListenerBus {
public:
    using Event = std::function<void(StreamingListener&)>;

    ListenerBus(std::function<void(std::string const&)> onThreadStart, std::function<void()> enter, Log& log)
        : hook_(std::move(onThreadStart)), enter_(std::move(enter)), log_(log)
    {
    }
    ~ListenerBus() { stop(); }

    [[nodiscard]] bool active() const { return active_.load(std::memory_order_relaxed); }

    void add(std::shared_ptr<StreamingListener> listener)
    {
        std::scoped_lock const lock{mutex_};
        listeners_.push_back(std::move(listener));
        if (stopped_) return;
        active_.store(true, std::memory_order_relaxed);
        if (!thread_.joinable()) {
            thread_ = io::startThread("sluice-listen", hook_, [this] {
                enter_();
                serve();
            });
        }
    }

    void remove(std::shared_ptr<StreamingListener> const& listener)
    {
        std::scoped_lock const lock{mutex_};
        std::erase(listeners_, listener);
        if (listeners_.empty()) active_.store(false, std::memory_order_relaxed);
    }

    void post(Event event)
    {
        {
            std::scoped_lock const lock{mutex_};
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
            std::scoped_lock const lock{mutex_};
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
            std::vector<std::shared_ptr<StreamingListener>> listeners;
            {
                std::scoped_lock const lock{mutex_};
                if (queue_.empty() && stopped_) return;
                events.swap(queue_);
                listeners = listeners_;
            }
            if (events.empty()) posted_.wait(posted, std::memory_order_acquire);
            for (auto const& event : events) {
                for (auto const& listener : listeners) deliver(event, *listener);
            }
        }
    }

    void deliver(Event const& event, StreamingListener& listener)
    {
        try {
            event(listener);
        } catch (...) {
            log_(LogLevel::error, {}, {}, "a listener threw: " + textOf(std::current_exception()));
        }
    }

    std::function<void(std::string const&)> hook_;
    std::function<void()> enter_;
    Log& log_;
    std::mutex mutex_;
    std::vector<std::shared_ptr<StreamingListener>> listeners_;
    std::vector<Event> queue_;
    std::atomic<unsigned> posted_{0};
    std::atomic<bool> active_{false};
    bool stopped_ = false;
    std::thread thread_;
};

}  // namespace sluice::inline SLUICE_ABI::detail
