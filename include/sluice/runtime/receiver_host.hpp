#pragma once

#include <sluice/io/thread.hpp>
#include <sluice/runtime/batch_runner.hpp>
#include <sluice/stream/receiver.hpp>

namespace sluice::inline SLUICE_ABI::detail {

/// Runs one receiver on a thread of its own, never on a worker, and starts it again whenever it ends, until stopped.
template <class = void>
class ReceiverHost final : public RefCounted, ReceiverHostBase {
public:
    SLUICE_COLD ReceiverHost(InputNode& input, JobParts const& parts)
        : input_(input), parts_(parts), delay_(parts.config.receiverRestartDelay)
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
            std::string ended = "the receiver ended";
            try {
                input_.receiver()->run(stop, *this);
            } catch (...) {
                ended = textOf(std::current_exception());
            }
            if (stop.stop_requested()) break;
            // The delay counts from the end, not from when everybody has been told of it.
            auto const again = parts_.clock.now() + delay_;
            reportError(concat({"restarting in ", toString(delay_), ": ", ended}));
            parts_.clock.base().waitUntil(again, stop);
        }
        info_.active = false;
        tell(ReceiverEvent::stopped);
    }

    SLUICE_COLD void reportError(std::string const& message) override
    {
        info_.lastErrorMessage = info_.lastError = message;
        info_.lastErrorTime = parts_.clock.now();
        parts_.log(LogLevel::warning, input_.label, {}, message);
        tell(ReceiverEvent::error);
    }

    SLUICE_COLD void tell(ReceiverEvent::Kind kind)
    {
        if (parts_.bus.active()) parts_.bus.post(ReceiverEvent{kind, info_});
    }

    InputNode& input_;
    JobParts parts_;
    Duration delay_;
    ReceiverInfo info_;
    std::stop_source stop_;
    std::thread thread_;
};

}  // namespace sluice::inline SLUICE_ABI::detail
