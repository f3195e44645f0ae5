#pragma once

#include <sluice/io/thread.hpp>
#include <sluice/runtime/batch_runner.hpp>
#include <sluice/stream/receiver.hpp>

namespace sluice::inline SLUICE_ABI::detail {

/// Runs one receiver on a thread of its own, never on a worker, and starts it again whenever it ends, until stopped.
template <class Void = void>
class ReceiverHost final : public RefCounted, ReceiverHostBase {
public:
    SLUICE_COLD ReceiverHost(InputNode& input, JobParts<Void> const& parts)
        : input_(input), parts_(parts), delay_(parts.config.receiverRestartDelay), nextDelay_(delay_)
    {
        info_.streamId = input.id;
        info_.name = concat({input.label.kind, "-", Digits{input.id}.text()});
        info_.active = true;
        thread_ = io::startThread(concat({"sluice-recv-", Digits{input.id}.text()}), parts.config.onThreadStart, [this] {
            OwnedThread const mark{parts_.thread};
            serve(stop_.get_token());
        });
    }
    SLUICE_COLD ~ReceiverHost()
    {
        requestStop();
        join();
    }

    SLUICE_COLD void requestStop()
    {
        stop_.request_stop();
        input_.silence();
    }
    void join()
    {
        if (thread_.joinable()) thread_.join();
    }

private:
    SLUICE_COLD void serve(std::stop_token const& stop)
    {
        tell(ReceiverEvent::started);
        while (!stop.stop_requested()) {
            nextDelay_ = delay_;
            std::exception_ptr cause;
            try {
                input_.receiver()->run(stop, *this);
            } catch (...) {
                cause = std::current_exception();
            }
            if (stop.stop_requested()) break;
            // The delay counts from the end, not from when everybody has been told of it.
            auto const again = parts_.clock.now() + nextDelay_;
            bool const active = info_.active;
            if (active) {
                auto const ended = cause ? textOf(cause) : std::string{"the receiver ended"};
                auto const message = concat({"restarting in ", toString(nextDelay_), ": ", ended});
                report(message, cause, message);
            }
            if (!parts_.clock.base().waitUntil(again, stop) || active) continue;
            info_.active = true;
            tell(ReceiverEvent::started);
        }
        if (!info_.active) return;
        info_.active = false;
        tell(ReceiverEvent::stopped);
    }

    SLUICE_COLD void reportError(std::string const& message, std::exception_ptr const& cause = nullptr) override
    {
        report(message, cause, cause ? concat({message, ": ", textOf(cause)}) : message);
    }

    SLUICE_COLD void report(std::string const& message, std::exception_ptr const& cause, std::string const& logged)
    {
        parts_.log(LogLevel::warning, input_.label, {}, logged);
        tell(ReceiverEvent::error, &message, cause);
    }

    void restartIn(Duration delay) override { nextDelay_ = delay; }

    SLUICE_COLD void stopped(std::string const& message) override
    {
        info_.active = false;
        parts_.log(LogLevel::info, input_.label, {}, concat({"the receiver stopped: ", message}));
        tell(ReceiverEvent::stopped, &message);
    }

    SLUICE_COLD void tell(ReceiverEvent::Kind kind, std::string const* message = nullptr, std::exception_ptr const& cause = nullptr)
    {
        std::lock_guard const lock{mutex_};
        if (message != nullptr) {
            info_.lastErrorMessage = *message;
            info_.lastError = cause ? textOf(cause) : *message;
            info_.lastErrorTime = parts_.clock.now();
        }
        if (parts_.bus.active()) parts_.bus.post(ReceiverEvent{kind, info_});
    }

    InputNode& input_;
    JobParts<Void> parts_;
    Duration delay_;
    Duration nextDelay_;
    std::mutex mutex_;  // over what errors of any thread write
    ReceiverInfo info_;
    std::stop_source stop_;
    std::thread thread_;
};

}  // namespace sluice::inline SLUICE_ABI::detail
