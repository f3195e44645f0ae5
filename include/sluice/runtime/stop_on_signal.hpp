#pragma once

#include <sluice/runtime/streaming_context.hpp>

#include <initializer_list>

#include <signal.h>

namespace sluice::inline SLUICE_ABI {

namespace detail {

/// Blocks signals in the calling thread, waits for them in another, and calls back with how many have come; the third ends the
/// process as if nobody waited.
template <class = void>
class SignalWaiter {
public:
    SignalWaiter(std::initializer_list<int> signals, Callback<void(std::string const&)> const& hook, Callback<void(int)> call)
    {
        if (signals.size() == 0) throw InvalidArgument{"sluice::StopOnSignal(context, options, signals): signals must name one at least"};
        ::sigemptyset(&set_);
        for (int const signal : signals) {
            if (::sigaddset(&set_, signal) == 0) continue;
            throw InvalidArgument{concat({"sluice::StopOnSignal(context, options, signals): there is no signal ", Digits{signal}.text()})};
        }
        own_ = *signals.begin();
        ::pthread_sigmask(SIG_BLOCK, &set_, &before_);
        try {
            thread_ = io::startThread("sluice-signal", hook, [this, call = std::move(call)] {
                for (int count = 1;; ++count) {
                    int got = 0;
                    ::sigwait(&set_, &got);
                    if (leaving_.load()) return;
                    if (count > 2) endProcess(got);
                    call(count);
                }
            });
        } catch (...) {
            ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
            throw;
        }
    }
    SignalWaiter(SignalWaiter const&) = delete;
    SignalWaiter& operator=(SignalWaiter const&) = delete;
    ~SignalWaiter()
    {
        leaving_.store(true);
        ::pthread_kill(thread_.native_handle(), own_);
        thread_.join();
        ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    }

private:
    /// By the default action; what has none stops nothing.
    SLUICE_COLD static void endProcess(int signal)
    {
        struct ::sigaction action{};
        action.sa_handler = SIG_DFL;
        ::sigaction(signal, &action, nullptr);
        ::sigset_t own;
        ::sigemptyset(&own);
        ::sigaddset(&own, signal);
        ::pthread_sigmask(SIG_UNBLOCK, &own, nullptr);
        ::raise(signal);
    }

    ::sigset_t set_;
    ::sigset_t before_;
    int own_;
    std::atomic<bool> leaving_{false};
    std::thread thread_;
};

}  // namespace detail

/// For as long as it lives, Ctrl-C (SIGINT) and SIGTERM stop a context gracefully instead of ending the program. Make it
/// before other threads: it blocks the signals in the thread that makes it, and those that this one starts inherit
/// that. A second signal asks for a stop without grace, also of one that is on its way; a third one ends the process by the
/// signal's default action, whatever hangs. The library touches no signal otherwise. No signal, or one that does not exist:
/// `InvalidArgument`; where no thread can be made, what the system says is thrown, and nothing is blocked.
///
/// ```cpp
/// ManualClock clock;
/// StreamingContext ssc{{.master = "local[1]", .clock = clock}, 1s};
/// StopOnSignal const stop{ssc};
/// RDDQueue<int> queue;
/// queueStream(ssc, queue) | foreachRDD([](auto) {});
/// ssc.start();
/// ::kill(::getpid(), SIGTERM);
/// ssc.awaitTermination();
/// CHECK(ssc.getState() == ContextState::stopped);
/// ```
class StopOnSignal {
public:
    template <class Waiter = detail::SignalWaiter<>>
    explicit StopOnSignal(StreamingContext& context, StopOptions options = {.gracefully = true},
                          std::initializer_list<int> signals = {SIGINT, SIGTERM})
        : waiter_(detail::makeCounted<Held<Waiter>>(signals, context.config().onThreadStart,
                                                    [&context, options](int signal) { stopFor(context, options, signal); }))
    {
    }

private:
    /// It returns at once, so that the next signal is taken: the stop happens in a thread of its own.
    SLUICE_COLD static void stopFor(StreamingContext& context, StopOptions options, int come)
    {
        if (come > 1) options.gracefully = false, options.deadline.reset();
        try {
            detail::OwnedThread const mark{&context};
            context.stop(options);
        } catch (...) {
            context.stop(options);  // no thread could be made: here, then
        }
    }

    struct Base : detail::Disposable {};
    template <class Waiter>
    struct Held final : Base {
        template <class... Args>
        explicit Held(Args&&... args) : waiter(static_cast<Args&&>(args)...)
        {
        }
        Waiter waiter;
    };

    detail::Counted<Base> waiter_;
};

}  // namespace sluice::inline SLUICE_ABI
