#pragma once

#include <sluice/batch/key.hpp>
#include <sluice/input/receiver.hpp>
#include <sluice/io/thread.hpp>
#include <sluice/runtime/batch_runner.hpp>

namespace sluice::inline SLUICE_ABI::detail {

/// Runs one receiver on a thread of its own, never on a worker, and starts it again whenever it ends, until stopped.
template <class Void = void>
class ReceiverHost final : public RefCounted, ReceiverHostBase {
public:
    SLUICE_COLD ReceiverHost(InputNode& input, JobParts const& parts)
        : input_(input), parts_(parts), delay_(parts.config.receiverRestartDelay), grown_(delay_)
    {
        info_.streamId = input.id;
        info_.name = concat({input.label.kind, "-", Digits{input.id}.text()});
        info_.active = true;
        thread_ = io::startThread(concat({"sluice-recv-", Digits{input.id}.text()}), parts.config.onThreadStart, [this] {
            OwnedThread const mark{parts_.thread};
            serve(stop_.get_token());
            input_.silence();  // it has ended, and nothing of it comes any more
            over_.store(true, std::memory_order_release);
            parts_.owner.progressed();
        });
    }
    SLUICE_COLD ~ReceiverHost()
    {
        requestStop(false);
        join();
    }

    /// It takes what the receiver stores until that has ended, or nothing more.
    SLUICE_COLD void requestStop(bool gracefully)
    {
        gracefully_.store(gracefully, std::memory_order_release);
        stop_.request_stop();
        if (!gracefully) input_.silence();
    }
    /// The thread may be joined without waiting.
    [[nodiscard]] bool over() const { return over_.load(std::memory_order_acquire); }
    void join()
    {
        if (thread_.joinable()) thread_.join();
    }
    [[nodiscard]] InputNode& input() const { return input_; }

private:
    SLUICE_COLD void serve(std::stop_token const& stop)
    {
        tell(ReceiverChange::started);
        while (!stop.stop_requested()) {
            asked_.reset();
            cause_ = nullptr;
            ended_.reset();
            auto const received = input_.received();
            std::exception_ptr thrown;
            try {
                input_.receiver()->run(stop, *this);
            } catch (...) {
                thrown = std::current_exception();
            }
            if (stop.stop_requested()) break;
            // The delay counts from the end, not from when everybody has been told of it.
            auto const delay = asked_ ? *asked_ : nextDelay(input_.received() > received);
            auto const again = (ended_ ? *ended_ : parts_.clock.now()) + delay;
            bool const active = info_.active;
            if (active) {
                try {
                    auto const ended = thrown ? errorText(thrown) : std::string{"the receiver ended"};
                    auto const message = concat({"restarting in ", toString(delay), ": ", ended});
                    report(message, cause_ ? cause_ : thrown, cause_ ? concat({message, ": ", errorText(cause_)}) : message);
                } catch (...) {
                    parts_.log.tell(LogLevel::warning, input_.label, {}, {outOfMemory});
                    if (auto* const bus = parts_.listeners.active()) bus->lost();
                }
            }
            if (!parts_.clock.base().waitUntil(again, stop) || active) continue;
            info_.active = true;
            tell(ReceiverChange::started);
        }
        if (!info_.active) return;
        info_.active = false;
        tell(ReceiverChange::stopped);
    }

    SLUICE_COLD void reportError(std::string const& message, std::exception_ptr const& cause = nullptr) override
    {
        report(message, cause, cause ? concat({message, ": ", errorText(cause)}) : message);
    }

    SLUICE_COLD void report(std::string const& message, std::exception_ptr const& cause, std::string const& logged)
    {
        parts_.log(LogLevel::warning, input_.label, {}, logged);
        tell(ReceiverChange::error, &message, cause);
    }

    void restartIn(std::optional<Duration> delay, std::exception_ptr const& cause) override
    {
        asked_ = delay;
        cause_ = cause;
    }

    /// As the settings say it. A random part is left out of what grows: not the same one in two programs.
    SLUICE_COLD Duration nextDelay(bool hasReceived)
    {
        auto const most = parts_.config.maxReceiverRestartDelay;
        if (!most) return delay_;
        if (hasReceived) grown_ = delay_;
        auto const whole = grown_ < *most ? grown_ : *most;
        grown_ = whole < *most / 2 ? 2 * whole : *most;
        auto const noise = hashWord(static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count()) + input_.id);
        auto const half = whole.count() / 2;
        return whole - Duration{static_cast<std::int64_t>(noise % static_cast<std::uint64_t>(half + 1))};
    }

    SLUICE_COLD void stopped(std::string const& message, std::exception_ptr const& cause) override
    {
        ended_ = parts_.clock.now();
        info_.active = false;
        auto const text = concat({"the receiver stopped: ", message});
        parts_.log(LogLevel::info, input_.label, {}, cause ? concat({text, ": ", errorText(cause)}) : text);
        tell(ReceiverChange::stopped, &message, cause);
    }

    [[nodiscard]] bool stopsGracefully() const override { return gracefully_.load(std::memory_order_acquire); }

    SLUICE_COLD void tell(ReceiverChange change, std::string const* message = nullptr, std::exception_ptr const& cause = nullptr) noexcept
    {
        std::lock_guard const lock{mutex_};
        auto* const bus = parts_.listeners.active();
        try {
            if (message != nullptr) {  // also for those who listen later
                info_.lastErrorMessage = *message;
                info_.lastError = cause ? errorText(cause) : *message;
                info_.lastErrorTime = parts_.clock.now();
            }
            if (bus != nullptr) bus->receiverChanged(change, info_);
        } catch (...) {
            if (bus != nullptr) bus->lost();
        }
    }

    InputNode& input_;
    JobParts parts_;
    Duration delay_;
    Duration grown_;                 // of the next restart, where they grow
    std::optional<Duration> asked_;  // by the receiver itself
    std::exception_ptr cause_;       // it says
    std::optional<Time> ended_;      // where it stopped by itself
    std::mutex mutex_;               // over what errors of any thread write
    ReceiverInfo info_;
    std::atomic<bool> gracefully_{false};
    std::atomic<bool> over_{false};
    std::stop_source stop_;
    std::thread thread_;
};

}  // namespace sluice::inline SLUICE_ABI::detail
