#include <sluice/operators/foreach.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/update_state_by_key.hpp>
#include <sluice/outputs/foreach_rdd.hpp>
#include <sluice/runtime/stop_on_signal.hpp>
#include <sluice/sources/channel_stream.hpp>
#include <sluice/sources/receiver_stream.hpp>
#include <sluice/testing/harness.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

using namespace sluice;
using namespace std::chrono_literals;

// What hangs in a function of the user's when its context is to stop: the stop returns all the same, and the log names it.

namespace {

constexpr CallSite here{"program.cpp", 12, "main"};

struct Told {
    std::mutex mutex;
    std::vector<std::string> all;

    Config into(Config config)
    {
        config.log = [this](LogEntry const& entry) {
            std::lock_guard const lock{mutex};
            all.push_back(
                (entry.label.kind[0] != '\0' ? std::string{entry.label.kind} + ':' + std::to_string(entry.label.at.line) : "context") +
                (entry.batchTime ? " in " + std::to_string(entry.batchTime->milliseconds()) : "") + ": " + entry.text);
        };
        return config;
    }
    int count(std::string const& begin, std::string const& part)
    {
        std::lock_guard const lock{mutex};
        int n = 0;
        for (auto const& line : all) n += line.starts_with(begin) && line.find(part) != std::string::npos ? 1 : 0;
        return n;
    }
};

/// Something that waits until it is let go.
struct Gate {
    std::atomic<bool> reached = false;
    std::atomic<bool> open = false;
    void pass()
    {
        reached = true;
        reached.notify_all();
        open.wait(false);
    }
    void letGo()
    {
        open = true;
        open.notify_all();
    }
};

}  // namespace

TEST_CASE("a job that hangs: the stop names its output and its batch at the deadline, and returns")
{
    for (std::size_t const jobs : {1U, 2U}) {
        for (bool const gracefully : {false, true}) {
            CAPTURE(jobs);
            CAPTURE(gracefully);
            Told told;
            Gate gate;
            testing::Harness harness{told.into({.master = "local[2]", .concurrentJobs = jobs})};
            auto const [channel, numbers] = channelStream<int>(harness.context());
            numbers | foreachRDD([&](auto const&) { gate.pass(); }, here);
            harness.start();
            harness.clock().advance(1s);
            gate.reached.wait(false);
            harness.context().stop({.gracefully = gracefully, .deadline = 20ms});
            CHECK(harness.context().getState() == ContextState::stopped);
            CHECK(told.count("foreachRDD:12 in 1000: stop(): it is still running; it began at 2", " ms ago") == 1);
            CHECK(told.count("foreachRDD:12 in 1000: stop(): it has not given up, and is left behind", "destructor waits") == 1);
            harness.context().awaitTermination();
            gate.letGo();
        }
    }
}

TEST_CASE("an update of a state that hangs is named by its operator")
{
    Told told;
    Gate gate;
    testing::Harness harness{told.into({.master = "local[1]"})};
    auto const [channel, numbers] = channelStream<int>(harness.context());
    auto const hang = [&](std::vector<int> const& values, std::optional<int> state) -> std::optional<int> {
        if (!values.empty()) gate.pass();
        return state;
    };
    numbers | map([](int x) { return std::pair{x, x}; }) | updateStateByKey(hang, 1, {}, here) | foreachRDD([](auto const&) {});
    harness.start();
    channel.push(1);
    harness.clock().advance(1s);
    gate.reached.wait(false);
    harness.context().stop({.deadline = 20ms});
    CHECK(told.count("updateStateByKey:12 in 1000: stop(): it is still running", "") == 1);
    gate.letGo();
}

TEST_CASE("a job in the thread that ticks")
{
    Told told;
    Gate gate;
    ManualClock const clock;
    auto config = told.into({.master = "inline", .clock = clock, .exclusive = false});
    StreamingContext context{config, 1s};
    channelStream<int>(context).stream | foreachRDD([&](auto const&) { gate.pass(); }, here);
    context.start();
    std::thread ticker{[&] { clock.advance(1s); }};
    gate.reached.wait(false);
    context.stop({.gracefully = true, .deadline = 20ms});
    CHECK(told.count("foreachRDD:12 in 1000: stop(): it has not given up", "") == 1);
    gate.letGo();
    ticker.join();

    Gate other;
    StreamingContext system{told.into({.master = "inline", .exclusive = false}), 1ms};
    channelStream<int>(system).stream | foreachRDD([&](auto const&) { other.pass(); }, here);
    system.start();
    other.reached.wait(false);
    system.stop({.deadline = 20ms});
    CHECK(system.getState() == ContextState::stopped);
    other.letGo();
}

TEST_CASE("a stop from the thread that onStop joins reaches its deadline, names the receiver, and returns")
{
    struct OwnThread : Receiver<int> {
        StreamingContext* context;
        std::atomic<bool>* returned;
        bool gracefully;
        std::thread thread;
        OwnThread(StreamingContext& of, std::atomic<bool>& flag, bool grace) : context(&of), returned(&flag), gracefully(grace) {}
        void onStart() override
        {
            thread = std::thread{[this] {
                store(1);
                context->stop({.gracefully = gracefully, .deadline = 20ms});  // it has reached its end
                *returned = true;
                returned->notify_all();
            }};
        }
        void onStop() override { thread.join(); }
    };
    for (bool const gracefully : {false, true}) {
        CAPTURE(gracefully);
        Told told;
        std::atomic<bool> returned = false;
        {
            testing::Harness harness{told.into({.master = "local[1]"})};
            auto& context = harness.context();
            receiverStream<int>(context, [&] { return OwnThread{context, returned, gracefully}; }, here) | foreachRDD([](auto const&) {});
            harness.start();
            harness.context().awaitTermination();
            CHECK(context.getState() == ContextState::stopped);
            returned.wait(false);
        }
        CHECK(returned);
        CHECK(told.count("receiverStream:12: stop(): the deadline is over, and the receiver has not ended", "") == 1);
    }
}

TEST_CASE("a listener that hangs")
{
    struct Hangs : StreamingListener {
        Gate gate;
        void onBatchStarted(BatchStarted const&) override { gate.pass(); }
    } listener;
    Told told;
    testing::Harness harness{told.into({.master = "local[1]"})};
    harness.context().addStreamingListener(listener);
    channelStream<int>(harness.context()).stream | foreachRDD([](auto const&) {});
    harness.start();
    harness.advance(1s);
    listener.gate.reached.wait(false);
    harness.context().stop({.deadline = 20ms});
    CHECK(told.count("context: stop(): a listener has not returned", "") == 1);
    listener.gate.letGo();
}

TEST_CASE("what awaitTermination throws does so when the job beside it hangs, too")
{
    Told told;
    Gate gate;
    testing::Harness harness{told.into({.master = "local[1]"})};
    auto const [channel, numbers] = channelStream<int>(harness.context());
    numbers | foreachRDD([](auto const&) { throw std::runtime_error{"bad"}; });
    numbers | foreachRDD([&](auto const&) { gate.pass(); }, here);
    harness.start();
    harness.clock().advance(1s);
    gate.reached.wait(false);
    CHECK_THROWS_WITH_AS(harness.context().awaitTermination(), doctest::Contains("bad"), StreamError);
    CHECK(told.count("foreachRDD:12 in 1000: stop(): it is still running", "") == 1);
    gate.letGo();
}

TEST_CASE("a second signal ends the grace of the first")
{
    Told told;
    Gate gate;
    testing::Harness harness{told.into({.master = "local[1]"})};
    StopOnSignal const stop{harness.context(), {.gracefully = true, .deadline = std::chrono::hours{24}}};
    auto const [channel, numbers] = channelStream<int>(harness.context());
    std::atomic<int> batches = 0;
    numbers | foreachRDD(
                  [&](auto const&) {
                      if (++batches == 1) gate.pass();
                  },
                  here);
    harness.start();
    harness.clock().advance(3s);
    gate.reached.wait(false);
    ::kill(::getpid(), SIGTERM);
    ::kill(::getpid(), SIGINT);
    harness.context().awaitTermination();
    CHECK(told.count("context in 2000: the batch is skipped", "") == 1);
    CHECK(batches == 1);
    gate.letGo();
}

TEST_CASE("a stop without grace hastens one with grace that is on its way, from any thread")
{
    Gate gate;
    testing::Harness harness{{.master = "local[1]", .log = silent}};
    channelStream<int>(harness.context()).stream | foreachRDD([&](auto const&) { gate.pass(); });
    harness.start();
    harness.clock().advance(1s);
    gate.reached.wait(false);
    std::thread patient{[&] { harness.context().stop({.gracefully = true, .deadline = Duration::max()}); }};
    std::this_thread::sleep_for(10ms);
    harness.context().stop({.deadline = 10ms});
    patient.join();
    CHECK(harness.context().getState() == ContextState::stopped);
    gate.letGo();
}

#if defined(__SANITIZE_THREAD__)
#define SLUICE_TEST_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define SLUICE_TEST_TSAN 1
#endif
#endif
#ifndef SLUICE_TEST_TSAN  // it starts threads in a child of fork
TEST_CASE("a third signal ends the process by its default action")
{
    auto const child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        Gate gate;
        testing::Harness harness{{.master = "local[1]", .log = silent}};
        StopOnSignal const stop{harness.context(), {.gracefully = true, .deadline = Duration::max()}};
        channelStream<int>(harness.context()).stream | foreachRDD([&](auto const&) { gate.pass(); });
        harness.start();
        harness.clock().advance(1s);
        gate.reached.wait(false);
        for (int i = 0; i < 10'000; ++i) {  // on a slow machine some of them are seen as one
            ::kill(::getpid(), SIGTERM);
            std::this_thread::sleep_for(50ms);
        }
        ::_exit(0);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(WIFSIGNALED(status));
    CHECK(WTERMSIG(status) == SIGTERM);
}
#endif
#undef SLUICE_TEST_TSAN

TEST_CASE("without grace a slow listener is not told of what waits, and the log is told how much that is")
{
    struct Slow : StreamingListener {
        ~Slow() override { leave(); }
        void onBatchStarted(BatchStarted const&) override
        {
            ++calls;
            std::this_thread::sleep_for(2 * detail::ListenerBus<>::lastWords);
        }
        int calls = 0;
    } slow;
    Told told;
    testing::Harness harness{told.into({.master = "inline"})};
    harness.context().addStreamingListener(slow);
    channelStream<int>(harness.context()).stream | foreachRDD([](auto const&) {});
    harness.start();
    harness.advance(1000s);
    harness.context().stop();
    CHECK(slow.calls >= 1);
    CHECK(slow.calls < 1000);
    CHECK(told.count("context", " events that listeners have not been told of are dropped: they are too slow") == 1);
}
