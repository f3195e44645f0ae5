#pragma once

#include <sluice/batch/macros.hpp>

#include <stop_token>
#include <string>

namespace sluice::inline SLUICE_ABI::detail {

/// What a receiver may do besides storing: told by who runs it.
struct ReceiverHostBase {
    virtual ~ReceiverHostBase() = default;
    virtual void reportError(std::string const& message) = 0;
};

/// What a context runs on a thread of its own: `run` until it returns, is asked to stop, or throws; then again after
/// `Config::receiverRestartDelay`, until it is asked to stop.
struct ReceiverTask {
    virtual ~ReceiverTask() = default;
    virtual void run(std::stop_token stop, ReceiverHostBase& host) = 0;
};

}  // namespace sluice::inline SLUICE_ABI::detail
