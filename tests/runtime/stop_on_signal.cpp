#include <sluice/operators/fold.hpp>
#include <sluice/outputs/foreach_rdd.hpp>
#include <sluice/runtime/stop_on_signal.hpp>
#include <sluice/sources/channel_stream.hpp>
#include <sluice/testing/harness.hpp>

#include <doctest/doctest.h>

#include <functional>

#include <unistd.h>

using namespace sluice;
using namespace std::chrono_literals;

TEST_CASE("a signal stops the context gracefully")
{
    for (int const signal : {SIGINT, SIGTERM}) {
        testing::Harness harness{{.master = "local[2]"}};
        StopOnSignal const stop{harness.context()};
        auto [channel, numbers] = channelStream<int>(harness.context());
        int total = 0;
        numbers | foreachRDD([&](auto batch) { total += batch | fold(0, std::plus{}); });
        harness.start();
        channel.push(7);
        ::kill(::getpid(), signal);
        harness.context().awaitTermination();
        CHECK(harness.context().getState() == ContextState::stopped);
        CHECK(total == 7);
    }
}

TEST_CASE("signals are as they were when it is gone, and without a signal nothing stops")
{
    sigset_t before;
    sigset_t after;
    ::pthread_sigmask(SIG_SETMASK, nullptr, &before);
    {
        testing::Harness harness;
        StopOnSignal const stop{harness.context(), {}, {SIGUSR1}};
        sigset_t during;
        ::pthread_sigmask(SIG_SETMASK, nullptr, &during);
        CHECK(::sigismember(&during, SIGUSR1) == 1);
        CHECK(::sigismember(&during, SIGINT) == ::sigismember(&before, SIGINT));
        CHECK(harness.context().getState() == ContextState::initialized);
    }
    ::pthread_sigmask(SIG_SETMASK, nullptr, &after);
    for (int const signal : {SIGINT, SIGTERM, SIGUSR1}) CHECK(::sigismember(&after, signal) == ::sigismember(&before, signal));
}

TEST_CASE("no signal, or one that does not exist, is refused, and nothing is blocked")
{
    sigset_t before;
    sigset_t after;
    ::pthread_sigmask(SIG_SETMASK, nullptr, &before);
    testing::Harness harness;
    CHECK_THROWS_WITH_AS((StopOnSignal{harness.context(), {}, {}}),
                         "sluice::StopOnSignal(context, options, signals): signals must name one at least", InvalidArgument);
    CHECK_THROWS_WITH_AS((StopOnSignal{harness.context(), {}, {SIGUSR1, 4711}}),
                         "sluice::StopOnSignal(context, options, signals): there is no signal 4711", InvalidArgument);
    ::pthread_sigmask(SIG_SETMASK, nullptr, &after);
    CHECK(::sigismember(&after, SIGUSR1) == ::sigismember(&before, SIGUSR1));
}
