#pragma once

#include <sluice/batch/callback.hpp>

#include <string>
#include <thread>
#include <utility>

#include <pthread.h>
#include <signal.h>

namespace sluice::inline SLUICE_ABI::io {

/// Starts a thread with manners: it has a name that tools show, takes none of the program's signals, and calls the
/// host's hook before anything else.
///
/// ```cpp
/// std::string name;
/// io::startThread("sluice-example", [&](std::string const& own) { name = own; }, [] {}).join();
/// CHECK(name == "sluice-example");
/// ```
template <class Thread = std::thread>  // compiled where one is started
[[nodiscard]] SLUICE_COLD Thread startThread(std::string name, Callback<void(std::string const&)> hook, Callback<void()> run)
{
    sigset_t all;
    sigset_t before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);  // the new thread inherits it
    struct Restore {
        sigset_t const& mask;
        ~Restore() { ::pthread_sigmask(SIG_SETMASK, &mask, nullptr); }
    } const restore{before};
    return Thread{[name = std::move(name), hook = std::move(hook), run = std::move(run)] {
        ::pthread_setname_np(::pthread_self(), name.substr(0, 15).c_str());
        if (hook) hook(name);
        run();
    }};
}

}  // namespace sluice::inline SLUICE_ABI::io
