#include <sluice/outputs/foreach_rdd.hpp>
#include <sluice/runtime/stop_on_signal.hpp>
#include <sluice/sources/channel_stream.hpp>
#include <sluice/sources/receiver_stream.hpp>
#include <sluice/testing/harness.hpp>

#include <doctest/doctest.h>

#include <system_error>

#include <pthread.h>

using namespace sluice;
using namespace std::chrono_literals;

// A system that starts no more threads: whoever asked is told so, those that run end, and nothing is left behind.

namespace {

/// From ask() on no thread starts: the stack that each would have is larger than the address space.
class NoThreads {
public:
    NoThreads() { REQUIRE(::pthread_getattr_default_np(&before_) == 0); }
    NoThreads(NoThreads const&) = delete;
    NoThreads& operator=(NoThreads const&) = delete;
    ~NoThreads() { end(); }

    void ask() const
    {
        pthread_attr_t huge;
        ::pthread_attr_init(&huge);
        CHECK(::pthread_attr_setstacksize(&huge, std::size_t{1} << 48) == 0);
        CHECK(::pthread_setattr_default_np(&huge) == 0);
        ::pthread_attr_destroy(&huge);
    }
    void end() { CHECK(::pthread_setattr_default_np(&before_) == 0); }

private:
    pthread_attr_t before_;
};

struct Idle {
    void run(std::stop_token, Store<int> const&) {}
};

}  // namespace

TEST_CASE("workers: those that were started are ended")
{
    NoThreads system;
    std::atomic<int> started = 0;
    auto const hook = [&](std::string const&) {
        ++started;
        system.ask();
    };
    CHECK_THROWS_AS((Context{{.master = "local[1024]", .onThreadStart = hook}}), std::system_error);
    CHECK(started > 0);
    CHECK(started < 1023);
    system.end();
    CHECK_NOTHROW(Context{{.master = "local[4]"}});
}

TEST_CASE("job threads: those that were started are ended, and the context is stopped")
{
    NoThreads system;
    testing::Harness harness{{.master = "local[1]", .concurrentJobs = 2000, .onThreadStart = [&](std::string const&) { system.ask(); }}};
    channelStream<int>(harness.context()).stream | foreachRDD([](auto const&) {});
    CHECK_THROWS_AS(harness.start(), std::system_error);
    CHECK(harness.context().getState() == ContextState::stopped);
}

TEST_CASE("a clock's thread, a receiver's, a listener's: the context is stopped")
{
    NoThreads system;
    for (bool const receives : {false, true}) {
        StreamingContext context{{.master = "inline"}, 1s};
        auto const numbers = channelStream<int>(context);
        numbers.stream | foreachRDD([](auto const&) {});
        if (receives) receiverStream<int>(context, Idle{}) | foreachRDD([](auto const&) {});
        system.ask();
        CHECK_THROWS_AS(context.start(), std::system_error);
        system.end();
        CHECK(context.getState() == ContextState::stopped);
        CHECK(StreamingContext::getActive() == nullptr);
        CHECK(!numbers.channel.push(1));
    }
    StreamingContext context{{.master = "inline"}, 1s};
    channelStream<int>(context).stream | foreachRDD([](auto const&) {});
    StreamingListener listener;
    system.ask();
    CHECK_THROWS_AS(context.addStreamingListener(listener), std::system_error);
    system.end();
    CHECK_NOTHROW(context.start());
    context.stop();
}

TEST_CASE("a signal helper's: no signal stays blocked")
{
    NoThreads system;
    testing::Harness harness;
    sigset_t before;
    sigset_t after;
    ::pthread_sigmask(SIG_SETMASK, nullptr, &before);
    system.ask();
    CHECK_THROWS_AS(StopOnSignal{harness.context()}, std::system_error);
    system.end();
    ::pthread_sigmask(SIG_SETMASK, nullptr, &after);
    for (int const signal : {SIGINT, SIGTERM}) CHECK(::sigismember(&after, signal) == ::sigismember(&before, signal));
}
