#pragma once

#include <sluice/io/thread.hpp>
#include <sluice/runtime/job_scheduler.hpp>
#include <sluice/stream/receiver.hpp>

namespace sluice::inline SLUICE_ABI::detail {

/// Runs one receiver on a thread of its own, never on a worker, and starts it again whenever it ends, until stopped.
template <class = void>
class ReceiverHost final : public RefCounted, ReceiverHostBase {
public:
    ReceiverHost(InputNode& input, JobParts const& parts, Config const& config)
        : input_(input), parts_(parts), delay_(config.receiverRestartDelay)
    {
        info_.streamId = input.id;
        info_.name = std::string(input.label.kind) + '-' + std::to_string(input.id);
        info_.active = true;
        thread_ = io::startThread("sluice-recv-" + std::to_string(input.id), config.onThreadStart, [this] {
            OwnedThread const mark{parts_.thread};
            serve(stop_.get_token());
        });
    }
    ~ReceiverHost()
    {
        requestStop();
        join();
    }

    void requestStop()
    {
        stop_.request_stop();
        input_.silence();
    }
    void join()
    {
        if (thread_.joinable()) thread_.join();
    }

private:
    void serve(std::stop_token const& stop)
    {
        tell([info = info_](StreamingListener& l) { l.onReceiverStarted({info}); });
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
            reportError("restarting in " + toString(delay_) + ": " + ended);
            parts_.clock.base().waitUntil(again, stop);
        }
        info_.active = false;
        tell([info = info_](StreamingListener& l) { l.onReceiverStopped({info}); });
    }

    void reportError(std::string const& message) override
    {
        info_.lastErrorMessage = info_.lastError = message;
        info_.lastErrorTime = parts_.clock.now();
        parts_.log(LogLevel::warning, input_.label, {}, message);
        tell([info = info_](StreamingListener& l) { l.onReceiverError({info}); });
    }

    template <class Event>
    void tell(Event event)
    {
        if (parts_.bus.active()) parts_.bus.post(std::move(event));
    }

    InputNode& input_;
    JobParts parts_;
    Duration delay_;
    ReceiverInfo info_;
    std::stop_source stop_;
    std::thread thread_;
};

}  // namespace sluice::inline SLUICE_ABI::detail
