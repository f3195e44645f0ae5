#pragma once

#include <sluice/batch/macros.hpp>

#include <pthread.h>
#include <signal.h>
#include <time.h>

namespace sluice::inline SLUICE_ABI::io {

/// While it lives, what this thread writes into a pipe that nobody reads is an error, and no signal that ends the program:
/// for writers that cannot be told so, like those of `<cstdio>`. The rest of the program notices nothing.
///
/// ```cpp
/// io::NoSigpipe const here;
/// CHECK(std::fflush(stdout) == 0);
/// ```
class NoSigpipe {
public:
    NoSigpipe()
    {
        ::sigemptyset(&pipe_);
        ::sigaddset(&pipe_, SIGPIPE);
        sigset_t pending;
        ::sigpending(&pending);
        wasPending_ = ::sigismember(&pending, SIGPIPE) == 1;
        ::pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
    }
    NoSigpipe(NoSigpipe const&) = delete;
    NoSigpipe& operator=(NoSigpipe const&) = delete;
    ~NoSigpipe()
    {
        if (!wasPending_) {
            timespec const now{};
            static_cast<void>(::sigtimedwait(&pipe_, nullptr, &now));  // the one that was raised here, if any
        }
        ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    }

private:
    sigset_t pipe_;
    sigset_t before_;
    bool wasPending_ = false;
};

}  // namespace sluice::inline SLUICE_ABI::io
