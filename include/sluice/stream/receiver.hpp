#pragma once

#include <sluice/batch/macros.hpp>

#include <stop_token>
#include <string>

namespace sluice::inline SLUICE_ABI::detail {

/// What a receiver may do besides storing: told by who runs it.
struct ReceiverHostBase {
    virtual void reportError(std::string const& message) = 0;

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

}  // namespace sluice::inline SLUICE_ABI::detail
