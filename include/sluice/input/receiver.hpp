#pragma once

#include <sluice/stream/time.hpp>
#include <sluice/stream/wait.hpp>

#include <optional>
#include <stop_token>
#include <utility>

namespace sluice::inline SLUICE_ABI::detail {

/// What a receiver may do besides storing: told by who runs it.
struct ReceiverHostBase {
    /// From any thread, as long as the receiver runs.
    virtual void reportError(std::string const& message, std::exception_ptr const& cause = nullptr) = 0;

    // From within run, about its end:
    /// The next run begins so long after this one (unset: after `Config::receiverRestartDelay`), which ends for that cause.
    virtual void restartIn(std::optional<Duration> delay, std::exception_ptr const& cause = nullptr) = 0;
    /// It has stopped by itself, which is no error.
    virtual void stopped(std::string const& message, std::exception_ptr const& cause = nullptr) = 0;

    /// Whether what is stored after a stop was asked for, until run returns, belongs to the last batches.
    [[nodiscard]] virtual bool stopsGracefully() const = 0;

protected:
    ~ReceiverHostBase() = default;  // nobody deletes one through this
};

/// What a context runs on a thread of its own: `run` until it returns, is asked to stop, or throws; then again after
/// `Config::receiverRestartDelay`, until it is asked to stop.
struct ReceiverTask {
    virtual void run(std::stop_token stop, ReceiverHostBase& host) = 0;

protected:
    ~ReceiverTask() = default;
};

/// A receiver with onStart and onStop, as a task: what its own threads ask for is done by the thread that runs it, so
/// that onStop may wait for them.
class ReceiverControl {
public:
    enum class Phase { initialized, started, stopped };

    struct Hooks {
        virtual void onStart() = 0;
        virtual void onStop() = 0;
        /// Whoever waits to store is woken, and nothing is stored any more; until resume.
        virtual void pause() = 0;
        virtual void resume() = 0;

    protected:
        ~Hooks() = default;
    };

    [[gnu::cold]] void run(std::stop_token const& stop, ReceiverHostBase& host, Hooks& hooks);

    /// Ends this run, and begins the next after the delay. Returns at once.
    [[gnu::cold]] void restart(std::string message, std::optional<Duration> delay, std::exception_ptr const& cause);

    /// Ends this run, and no other begins: it has stopped from now on. Returns at once.
    [[gnu::cold]] void stop(std::string message, std::exception_ptr const& cause);

    [[gnu::cold]] void reportError(std::string const& message, std::exception_ptr const& cause);

    [[nodiscard]] Phase phase() const
    {
        std::lock_guard const lock{mutex_};
        return phase_;
    }

private:
    enum class Wish { none, restart, stop };

    bool wished()
    {
        std::lock_guard const lock{mutex_};
        return wish_ != Wish::none;
    }
    void wake()
    {
        epoch_.fetch_add(1, std::memory_order_release);
        notifyAll(epoch_);
    }

    [[gnu::cold]] void leave(std::exception_ptr const& failure);

    mutable std::mutex mutex_;
    ReceiverHostBase* host_ = nullptr;  // while it runs
    Hooks* hooks_ = nullptr;            // as soon as it has run
    Wish wish_ = Wish::none;
    std::string message_;
    std::optional<Duration> delay_;
    std::exception_ptr cause_;
    Phase phase_ = Phase::initialized;
    std::atomic<unsigned> epoch_{0};  // what the thread that runs it waits for
};

}  // namespace sluice::inline SLUICE_ABI::detail

#ifndef SLUICE_COMPILED
#include <sluice/input/receiver.ipp>
#endif
