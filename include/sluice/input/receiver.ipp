#pragma once

#include <sluice/input/receiver.hpp>

namespace sluice::inline SLUICE_ABI::detail {

SLUICE_COLD SLUICE_BODY void ReceiverControl::run(std::stop_token const& stop, ReceiverHostBase& host, Hooks& hooks)
{
    {
        std::lock_guard const lock{mutex_};
        host_ = &host;
        hooks_ = &hooks;
        wish_ = Wish::none;
        delay_.reset();
        phase_ = Phase::started;
        hooks.resume();
    }
    std::exception_ptr failure;
    try {
        hooks.onStart();
        std::stop_callback const onStop{stop, [this] { wake(); }};
        for (;;) {
            auto const epoch = epoch_.load(std::memory_order_acquire);
            if (stop.stop_requested() || wished()) break;
            waitWhile(epoch_, epoch);
        }
    } catch (...) {
        failure = std::current_exception();
    }
    bool pauses = false;
    {
        std::lock_guard const lock{mutex_};
        phase_ = Phase::stopped;
        // With grace batches go on, and make room for a thread that waits to store. Otherwise onStop would wait for it.
        pauses = failure || wish_ != Wish::none || !host.stopsGracefully();
        if (pauses) hooks.pause();
    }
    try {
        hooks.onStop();  // also of a start that failed: it may have made half of what there is
    } catch (...) {
        host.reportError("onStop threw", std::current_exception());
    }
    if (!pauses) hooks.pause();
    leave(failure);
}

SLUICE_COLD SLUICE_BODY void ReceiverControl::restart(std::string message, std::optional<Duration> delay, std::exception_ptr const& cause)
{
    std::lock_guard const lock{mutex_};
    if (phase_ != Phase::started || wish_ != Wish::none) return;
    wish_ = Wish::restart;
    message_ = std::move(message);
    delay_ = delay;
    cause_ = cause;
    wake();
}

SLUICE_COLD SLUICE_BODY void ReceiverControl::stop(std::string message, std::exception_ptr const& cause)
{
    std::lock_guard const lock{mutex_};
    if (phase_ != Phase::started) return;
    wish_ = Wish::stop;
    message_ = std::move(message);
    cause_ = cause;
    phase_ = Phase::stopped;
    hooks_->pause();  // under the lock: not that of the next run
    wake();
}

SLUICE_COLD SLUICE_BODY void ReceiverControl::reportError(std::string const& message, std::exception_ptr const& cause)
{
    std::lock_guard const lock{mutex_};
    if (host_ != nullptr) host_->reportError(message, cause);
}

SLUICE_COLD SLUICE_BODY void ReceiverControl::leave(std::exception_ptr const& failure)
{
    std::lock_guard const lock{mutex_};
    auto& host = *std::exchange(host_, nullptr);
    auto const cause = std::exchange(cause_, nullptr);
    if (failure) std::rethrow_exception(failure);
    if (wish_ == Wish::stop) {
        host.stopped(message_, cause);
    } else if (wish_ == Wish::restart) {
        host.restartIn(delay_, cause);
        throw StreamError{message_};
    }
}

}  // namespace sluice::inline SLUICE_ABI::detail
