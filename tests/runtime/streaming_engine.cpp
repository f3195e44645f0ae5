#include <sluice/input/receiver.hpp>
#include <sluice/operators/cache.hpp>
#include <sluice/operators/collect.hpp>
#include <sluice/operators/count.hpp>
#include <sluice/operators/fold.hpp>
#include <sluice/operators/foreach.hpp>
#include <sluice/operators/reduce_by_key.hpp>
#include <sluice/operators/sort_by_key.hpp>
#include <sluice/operators/update_state_by_key.hpp>
#include <sluice/operators/window.hpp>
#include <sluice/outputs/foreach_rdd.hpp>
#include <sluice/runtime/streaming_engine.hpp>
#include <sluice/sources/channel_stream.hpp>
#include <sluice/sources/pull_stream.hpp>
#include <sluice/sources/queue_stream.hpp>
#include <sluice/sources/receiver_stream.hpp>
#include <sluice/testing/harness.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace sluice;
using namespace std::chrono_literals;

// How a context ends: from any thread, once, and with or without what it has received.

namespace {

using Pair = std::pair<int, int>;

constexpr auto ignore = [](auto const&) {};
constexpr auto sum = fold(0, std::plus{});

/// A receiver whose thread does one thing, and waits for its stop.
struct OneCall final : detail::RecordNode<int>, detail::ReceiverTask {
    OneCall(detail::Counted<detail::GraphCore> const& owner, Label const& where, std::function<void()> todo)
        : detail::RecordNode<int>(owner, where), call(std::move(todo))
    {
    }
    detail::ReceiverTask* receiver() override { return this; }
    void run(std::stop_token stop, detail::ReceiverHostBase&) override
    {
        call();
        std::atomic<bool> over = false;
        std::stop_callback const onStop{stop, [&over] {
                                            over = true;
                                            over.notify_one();
                                        }};
        over.wait(false);
    }
    std::function<void()> call;
};

}  // namespace

TEST_CASE("a job that stops its context goes on, and the context ends")
{
    for (auto const* const master : {"inline", "local[1]", "local[2]"}) {
        CAPTURE(master);
        testing::Harness harness{{.master = master}};
        auto& context = harness.context();
        auto [channel, numbers] = channelStream<int>(context);
        bool returned = false;
        numbers | foreachRDD([&](auto const&) {
            context.stop();
            returned = true;
        });
        harness.start();
        harness.advance(1s);
        context.awaitTermination();
        CHECK(returned);
        CHECK(context.getState() == ContextState::stopped);
        CHECK(!channel.push(1));
    }
}

TEST_CASE("a task on a worker that stops its context goes on, and the context ends")
{
    testing::Harness harness{{.master = "local[3]"}};
    auto& context = harness.context();
    auto [channel, numbers] = channelStream<int>(context);
    std::atomic<int> returned = 0;
    numbers | foreachRDD([&](auto batch) {
        batch | foreach ([&](int) {
            context.stop({.stopContext = false});
            ++returned;
        });
    });
    harness.start();
    for (int i = 0; i < 30; ++i) channel.push(i);
    harness.advance(1s);
    context.awaitTermination();
    CHECK(returned == 30);
    CHECK(!context.context().isStopped());
}

TEST_CASE("a listener may stop the context that calls it")
{
    struct Stopper : StreamingListener {
        StreamingContext* context = nullptr;
        std::atomic<bool> returned = false;
        void onBatchStarted(BatchStarted const&) override
        {
            context->stop();
            returned = true;
        }
    } stopper;
    testing::Harness harness;
    stopper.context = &harness.context();
    auto [channel, numbers] = channelStream<int>(harness.context());
    numbers | foreachRDD(ignore);
    harness.context().addStreamingListener(stopper);
    harness.start();
    harness.advance(1s);
    harness.context().awaitTermination();
    CHECK(stopper.returned);
    CHECK(harness.context().getState() == ContextState::stopped);
}

TEST_CASE("a receiver may stop the context that runs it")
{
    testing::Harness harness;
    auto& context = harness.context();
    std::atomic<bool> returned = false;
    auto const node = detail::addInput<OneCall>(context, {"oneCall", CallSite::here()}, [&] {
        context.stop();
        returned = true;
    });
    detail::streamOf(detail::SharedNode<OneCall>{node}) | foreachRDD(ignore);
    harness.start();
    context.awaitTermination();
    CHECK(returned);
    CHECK(context.getState() == ContextState::stopped);
}

TEST_CASE("several threads may stop a context at the same time")
{
    for (int round = 0; round < 10; ++round) {
        testing::Harness harness{{.master = "local[2]"}};
        auto& context = harness.context();
        auto [channel, numbers] = channelStream<int>(context);
        std::atomic<int> batches = 0;
        numbers | foreachRDD([&](auto const&) {
            if (++batches == 1) context.stop();
        });
        harness.start();
        std::vector<std::thread> threads;
        for (int i = 0; i < 4; ++i) {
            threads.emplace_back([&context, i] { context.stop({.gracefully = i % 2 == 0}); });
        }
        harness.clock().advance(3s);
        context.awaitTermination();
        for (auto& thread : threads) thread.join();
        CHECK(context.getState() == ContextState::stopped);
    }
}

TEST_CASE("the destructor stops an active context, whatever is on its way")
{
    ManualClock clock;
    int batches = 0;
    std::optional<detail::ChannelStream<int>> source;
    {
        StreamingContext context{{.master = "local[2]", .clock = clock, .exclusive = false}, 1s};
        source.emplace(channelStream<int>(context));
        source->stream | foreachRDD([&](auto const&) { ++batches; });
        context.start();
        source->channel.push(1);
        clock.advance(5s);
    }
    auto const before = batches;
    CHECK(!source->channel.push(2));
    clock.advance(5s);
    CHECK(batches == before);
}

TEST_CASE("a context that a job has stopped may be destroyed at once, and its Context lives on as the job wished")
{
    for (int round = 0; round < 20; ++round) {
        ManualClock clock;
        Context shared{{.master = "local[2]", .clock = clock, .exclusive = false}};
        {
            StreamingContext context{shared, 1s};
            auto [channel, numbers] = channelStream<int>(context);
            numbers | foreachRDD([&](auto const&) { context.stop({.stopContext = false}); });
            context.start();
            clock.advance(1s);
            context.awaitBatches();
        }
        CHECK(!shared.isStopped());
    }
}

TEST_CASE("who waits for all batches waits no longer when the context has stopped")
{
    testing::Harness harness{{.master = "local[2]"}};
    auto [channel, numbers] = channelStream<int>(harness.context());
    numbers | foreachRDD(ignore);
    harness.start();
    harness.advance(1s);
    harness.context().stop();
    harness.context().awaitBatches();
    CHECK(harness.context().awaitBatches(0s));
    harness.advance(1s);
}

TEST_CASE("a graceful stop processes what was stored, without anybody who moves the clock")
{
    for (auto const* const master : {"inline", "local[2]"}) {
        CAPTURE(master);
        testing::Harness harness{{.master = master}};
        auto [channel, numbers] = channelStream<int>(harness.context());
        int total = 0;
        numbers | foreachRDD([&](auto batch) { total += std::move(batch) | sum; });
        harness.start();
        channel.push(1);
        harness.advance(1s);
        channel.push(10);
        channel.push(100);
        harness.context().stop({.gracefully = true});
        CHECK(total == 111);
        CHECK(!channel.push(1000));
        harness.context().awaitTermination();
    }
}

TEST_CASE("whatever store took is processed by a graceful stop")
{
    for (int round = 0; round < 20; ++round) {
        testing::Harness harness{{.master = "local[2]"}};
        auto [channel, numbers] = channelStream<int>(harness.context());
        std::int64_t processed = 0;
        numbers | foreachRDD([&](auto batch) { processed += std::move(batch) | sum; });
        harness.start();
        std::atomic<std::int64_t> taken = 0;
        std::vector<std::thread> threads;
        for (int i = 0; i < 2; ++i) {
            threads.emplace_back([&taken, channel = channel] {
                while (channel.push(1)) ++taken;
            });
        }
        harness.awaitReceived(1000);
        harness.context().stop({.gracefully = true});
        for (auto& thread : threads) thread.join();
        CHECK(processed == taken);
    }
}

TEST_CASE("a stop without grace drops what has not begun")
{
    std::atomic<int> dropped = 0;
    testing::Harness harness{{.master = "local[2]", .log = [&](LogEntry const& entry) {
                                  if (entry.text.ends_with("the context was stopped before it")) ++dropped;
                              }}};
    auto& context = harness.context();
    auto [channel, numbers] = channelStream<int>(context);
    int batches = 0;
    std::atomic<bool> begun = false;
    std::atomic<bool> goOn = false;
    numbers | foreachRDD([&](auto const&) {
        ++batches;
        begun = true;
        begun.notify_one();
        goOn.wait(false);
    });
    harness.start();
    channel.push(1);
    harness.clock().advance(5s);  // the first one runs, four wait
    begun.wait(false);
    std::thread stopper{[&] { context.stop(); }};
    harness.await("the stop", [&] { return dropped == 4; });
    CHECK(!channel.push(2));
    goOn = true;
    goOn.notify_one();
    stopper.join();
    CHECK(batches == 1);
}

TEST_CASE("a graceful stop gives up at its deadline, and tells the log")
{
    std::string warning;
    testing::Harness harness{{.master = "local[1]", .log = [&](LogEntry const& entry) { warning += entry.text; }}};
    auto [channel, numbers] = channelStream<int>(harness.context());
    std::atomic<bool> begun = false;
    std::atomic<bool> goOn = false;
    numbers | foreachRDD([&](auto batch) {
        begun = true;
        begun.notify_one();
        goOn.wait(false);
        static_cast<void>(std::move(batch) | sum);
    });
    std::optional<RDD<int>> kept;
    numbers | foreachRDD([&](auto batch) { kept = batch; });
    harness.start();
    channel.push(7);
    harness.clock().advance(1s);
    begun.wait(false);
    std::thread helper{[&] {
        harness.await("the end of patience", [place = harness.context().core()->place()] {
            try {
                place.poll();
            } catch (StreamError const&) {
                return true;
            }
            return false;
        });
        goOn = true;
        goOn.notify_one();
    }};
    harness.context().stop({.stopContext = false, .gracefully = true, .deadline = 1ms});
    helper.join();
    CHECK(warning.find("cancelled, because the context was stopped") != std::string::npos);
    CHECK(harness.context().getState() == ContextState::stopped);
    REQUIRE(kept);
    CHECK((*kept | sum) == 7);  // what was kept can still be run
}

TEST_CASE("the deadline is a setting, ten intervals by default")
{
    std::string warning;
    testing::Harness harness{{.master = "local[1]", .gracefulStopTimeout = 0s, .log = [&](LogEntry const& entry) {
                                  if (warning.empty()) warning = entry.text;
                              }}};
    auto [channel, numbers] = channelStream<int>(harness.context());
    int batches = 0;
    numbers | foreachRDD([&](auto const&) { ++batches; });
    harness.start();
    channel.push(7);
    harness.context().stop({.gracefully = true});
    CHECK(batches == 0);
    CHECK(warning.find("deadline") != std::string::npos);
}

TEST_CASE("a graceful stop waits for no tick that has a job: where none comes any more it ends all the same")
{
    std::atomic<bool> warned = false;
    testing::Harness harness{
        {.master = "local[1]", .log = [&](LogEntry const& entry) { warned = warned || entry.level != LogLevel::info; }}};
    pullStream(harness.context(), [](Time) { return std::optional<decltype(rdd(std::vector<int>{}))>{}; }) | window(1000s, 1000s) |
        foreachRDD([](auto const&) { FAIL("no window slides"); });
    harness.start();
    harness.context().stop({.gracefully = true, .deadline = Duration::max()});
    CHECK(!warned);
}

TEST_CASE("a context that gives up its batch leaves alone those of another one on the same Context")
{
    ManualClock const clock;
    Context const shared{{.master = "local[2]", .clock = clock, .exclusive = false}};
    StreamingContext context{shared, 1s};
    StreamingContext other{shared, 1s};
    auto [channel, numbers] = channelStream<int>(context);
    auto [storeOther, numbersOther] = channelStream<int>(other);
    std::atomic<bool> begun = false;
    std::atomic<bool> goOn = false;
    numbers | foreachRDD([&](auto const& batch) {
        begun = true;
        begun.notify_all();
        while (true) static_cast<void>(batch | sum);  // until it is told to give up
    });
    int total = 0;
    numbersOther | foreachRDD([&](auto batch) {
        goOn.wait(false);
        total = std::move(batch) | sum;
    });
    context.start();
    other.start();
    channel.push(1);
    storeOther.push(7);
    clock.advance(1s);
    begun.wait(false);
    context.stop({.stopContext = false, .gracefully = true, .deadline = 1ms});
    CHECK_THROWS_AS(context.awaitTermination(), StreamError);
    goOn = true;
    goOn.notify_all();
    other.awaitBatches();
    other.stop();
    other.awaitTermination();
    CHECK(total == 7);
}

namespace {

/// An input that tells when it starts and stops, and fails where it is told to.
struct Told final : detail::RecordNode<int> {
    Told(detail::Counted<detail::GraphCore> const& owner, Label const& where, std::string& to, char as, bool fails)
        : detail::RecordNode<int>(owner, where), calls(to), name(as), fail(fails)
    {
    }
    void start() override
    {
        calls += name;
        if (fail) throw std::runtime_error{"told to"};
    }
    void stop() override
    {
        calls += static_cast<char>(name - 'a' + 'A');
        throw std::runtime_error{"stops badly"};
    }
    std::string& calls;
    char name;
    bool fail;
};

}  // namespace

TEST_CASE("what was started is stopped where another input does not start, or stops badly")
{
    for (bool const fails : {true, false}) {
        CAPTURE(fails);
        std::string calls;
        std::vector<std::string> log;
        {
            testing::Harness harness{{.log = [&](LogEntry const& entry) { log.push_back(entry.text); }}};
            auto& context = harness.context();
            auto add = [&](char name, bool fail) {
                auto node = detail::addInput<Told>(context, {"told", {}}, calls, name, fail);
                detail::streamOf(detail::SharedNode<Told>{std::move(node)}) | foreachRDD(ignore);
            };
            add('a', false);
            add('b', fails);
            add('c', false);
            if (fails) {
                CHECK_THROWS_AS(harness.start(), std::runtime_error);
                CHECK(calls == "abAB");
            } else {
                harness.start();
                context.stop();
                CHECK(calls == "abcABC");
            }
            CHECK(context.getState() == ContextState::stopped);
        }
        CHECK(calls == (fails ? "abAB" : "abcABC"));
        CHECK(std::count(log.begin(), log.end(), "stop: stops badly") == (fails ? 2 : 3));
    }
}

TEST_CASE("a source that failed for a batch is asked again where the batch is tried again, and is not where it is not")
{
    for (unsigned const retries : {0U, 1U, 2U}) {
        CAPTURE(retries);
        int asked = 0;
        std::vector<int> seen;
        testing::Harness harness{{.onBatchFailure = retries == 0 ? OnBatchFailure{proceed} : retry(retries).then(proceed)}};
        pullStream(harness.context(), [&](Time t) {
            if (++asked <= 2 && t == Time{1s}) throw std::runtime_error{"not yet"};
            return rdd({asked});
        }) | foreachRDD([&](auto batch) { seen.push_back((std::move(batch) | collect())[0]); });
        harness.start();
        harness.advance(1s);
        CHECK(asked == static_cast<int>(retries) + 1);
        CHECK(seen == (retries == 2 ? std::vector{3} : std::vector<int>{}));
    }
}

namespace {

/// A job that goes on for ever over the batches of a stream is given up when the context stops.
template <class Build>
void givesUp(char const* name, Build const& build)
{
    for (auto const* const master : {"local[1]", "local[2]"}) {
        CAPTURE(name);
        CAPTURE(master);
        testing::Harness harness{{.master = master}};
        RDDQueue<Pair> queue;
        for (int i = 0; i < 3; ++i) queue.push({{1, 1}, {2, 2}, {1, 3}});
        std::atomic<bool> begun = false;
        build(queueStream(harness.context(), queue)) | foreachRDD([&](auto const& batch) {
            begun = true;
            begun.notify_all();
            while (true) static_cast<void>(batch | count());
        });
        harness.start();
        harness.clock().advance(1s);
        begun.wait(false);
        harness.context().stop({.gracefully = true, .deadline = 1ms});
        CHECK(harness.context().getState() == ContextState::stopped);
        try {
            static_cast<void>(harness.context().awaitTerminationOrTimeout(0s));
            FAIL("nothing failed");
        } catch (StreamError const& error) {
            CHECK(std::string{error.what()}.find("cancelled, because the context was stopped") != std::string::npos);
        }
    }
}

}  // namespace

TEST_CASE("a job is given up whatever it loops over: what was queued, cached, exchanged, sorted, held by a window or a state")
{
    auto const sumOf = [](int a, int b) { return a + b; };
    givesUp("queueStream", [](auto s) { return s; });
    givesUp("cache", [](auto s) { return s | cache(); });
    givesUp("reduceByKey", [&](auto s) { return s | reduceByKey(sumOf); });
    givesUp("sortByKey", [](auto s) { return s | sortByKey(); });
    givesUp("window", [](auto s) { return s | window(2s); });
    givesUp("updateStateByKey", [](auto s) {
        return s | updateStateByKey([](std::span<int const> values, std::optional<int> before) {
                   return std::optional{before.value_or(0) + static_cast<int>(values.size())};
               });
    });
}

TEST_CASE("a time to wait may be as long as one likes")
{
    for (auto const time : {Duration::max(), Duration{std::chrono::hours{24} * 365 * 1000}}) {
        testing::Harness harness;
        auto [channel, numbers] = channelStream<int>(harness.context());
        int total = 0;
        numbers | foreachRDD([&](auto batch) { total += std::move(batch) | sum; });
        harness.start();
        channel.push(5);
        std::atomic<bool> waits = false;
        std::thread stopper{[&] {
            waits.wait(false);
            harness.context().stop({.gracefully = true, .deadline = time});
        }};
        waits = true;
        waits.notify_all();
        CHECK(harness.context().awaitTerminationOrTimeout(time));
        stopper.join();
        CHECK(total == 5);
        CHECK(harness.context().awaitBatches(time));
    }
}

TEST_CASE("a log that stops the context that it is told of, at each of its messages")
{
    StreamingContext* context = nullptr;
    std::atomic<int> told = 0;
    testing::Harness harness{{.log = [&](LogEntry const&) {
        ++told;
        context->stop();
    }}};
    context = &harness.context();
    auto [channel, numbers] = channelStream<int>(harness.context());
    numbers | foreachRDD(ignore);
    harness.start();
    harness.start();  // told that it is active already, it stops
    harness.context().awaitTermination();
    harness.context().stop();  // told that it is stopped already, it stops again
    CHECK(harness.context().getState() == ContextState::stopped);
    CHECK(told >= 2);
}

TEST_CASE("the first batch is at the next multiple of the interval, also before the epoch")
{
    for (auto const& [now, first] : {std::pair{0ms, 1000ms}, {-1ms, 0ms}, {-1000ms, 0ms}, {-1500ms, -1000ms}, {1ms, 1000ms}}) {
        ManualClock const clock{Time{now}};
        StreamingContext context{{.clock = clock, .exclusive = false}, 1s};
        std::vector<Time> times;
        channelStream<int>(context).stream | foreachRDD([&](auto const&, Time t) { times.push_back(t); });
        context.start();
        clock.setTime(Time{first});
        context.awaitBatches();
        CHECK(times == std::vector{Time{first}});
    }
}

TEST_CASE("a job may stop its context gracefully: what was stored before is processed")
{
    for (auto const* const master : {"inline", "local[1]", "local[2]"}) {
        CAPTURE(master);
        testing::Harness harness{{.master = master}};
        auto& context = harness.context();
        auto [channel, numbers] = channelStream<int>(context);
        bool returned = false;
        int total = 0;
        numbers | foreachRDD([&, channel = channel](auto batch, Time t) {
            total += std::move(batch) | sum;
            if (t != Time{1s}) return;
            channel.push(10);
            context.stop({.gracefully = true});
            returned = true;
        });
        harness.start();
        channel.push(1);
        harness.clock().advance(1s);
        context.awaitTermination();
        CHECK(returned);
        CHECK(total == 11);
        CHECK(context.getState() == ContextState::stopped);
        CHECK(!channel.push(100));
    }
}

TEST_CASE("a listener may stop its context gracefully: what was stored before is processed, and the listener is told of it")
{
    for (auto const* const master : {"inline", "local[2]"}) {
        CAPTURE(master);
        testing::Harness harness{{.master = master}};
        auto [channel, numbers] = channelStream<int>(harness.context());
        struct Stopper : StreamingListener {
            StreamingContext& context;
            Channel<int> channel;
            int returned = 0;
            std::int64_t told = 0;
            Stopper(StreamingContext& c, Channel<int> to) : context(c), channel(std::move(to)) {}
            void onBatchCompleted(BatchCompleted const& e) override
            {
                told += e.batch.numRecords();
                if (e.batch.batchTime != Time{1s}) return;
                channel.push(10);
                channel.push(100);
                context.stop({.gracefully = true});
                ++returned;
            }
        } stopper{harness.context(), channel};
        int total = 0;
        numbers | foreachRDD([&](auto batch) { total += std::move(batch) | sum; });
        harness.context().addStreamingListener(stopper);
        harness.start();
        channel.push(1);
        harness.clock().advance(1s);
        harness.context().awaitTermination();
        CHECK(stopper.returned == 1);
        CHECK(stopper.told == 3);
        CHECK(total == 111);
        CHECK(harness.context().getState() == ContextState::stopped);
    }
}

namespace {

/// What happens in a stop, in order, from any thread.
struct Steps {
    std::mutex mutex;
    std::vector<std::string> lines;

    void add(std::string line)
    {
        std::lock_guard const lock{mutex};
        lines.push_back(std::move(line));
    }
    bool have(std::string const& line)
    {
        std::lock_guard const lock{mutex};
        return std::find(lines.begin(), lines.end(), line) != lines.end();
    }
};

/// It stores one record, when the first batch runs.
struct TellingReceiver : Receiver<int> {
    Steps* steps;
    std::atomic<bool> const* begun;
    TellingReceiver(Steps& to, std::atomic<bool> const& when) : steps(&to), begun(&when) {}
    void onStart() override
    {
        begun->wait(false);
        store(1);
    }
    void onStop() override { steps->add("the receiver stops"); }
};

struct TellingSource {
    Steps* steps;
    explicit TellingSource(Steps& to) : steps(&to) {}
    auto batch(Time) { return rdd(std::vector<int>{}); }
    void stop() const { steps->add("the source stops"); }
};

/// Holds up the event of the last batch until the source has stopped: that does not wait for listeners.
struct LastOfAll : StreamingListener {
    testing::Harness& harness;
    Steps& steps;
    Time last;
    LastOfAll(testing::Harness& h, Steps& to, Time t) : harness(h), steps(to), last(t) {}
    void onBatchCompleted(BatchCompleted const& e) override
    {
        if (e.batch.batchTime != last) return;
        harness.await("the end of the source", [&] { return steps.have("the source stops"); });
        steps.add("the listener is told of the last batch");
    }
};

}  // namespace

TEST_CASE("a stop: receivers end, then the last batch, then sources, and listeners are told of all that")
{
    for (bool const gracefully : {false, true}) {
        for (auto const* const master : {"local[1]", "local[2]"}) {
            CAPTURE(gracefully);
            CAPTURE(master);
            Steps steps;
            testing::Harness harness{{.master = master, .log = [&](LogEntry const& entry) {
                                          if (entry.text.ends_with("the context was stopped before it"))
                                              steps.add("the batch that waits is dropped");
                                      }}};
            auto& context = harness.context();
            // With grace the batch that runs is not the last one: what was received since makes another.
            LastOfAll listener{harness, steps, gracefully ? Time{2s} : Time{1s}};
            context.addStreamingListener(listener);
            std::atomic<bool> begun = false;
            int received = 0;
            pullStream(context, TellingSource{steps}) | foreachRDD([&](auto const&, Time t) {
                if (t != Time{1s}) return;
                begun = true;
                begun.notify_all();
                harness.await("the stop",
                              [&] { return steps.have(gracefully ? "the receiver stops" : "the batch that waits is dropped"); });
            });
            receiverStream<int>(context, [&] { return TellingReceiver{steps, begun}; }) | foreachRDD([&](auto batch, Time t) {
                received += std::move(batch) | sum;
                steps.add("batch " + std::to_string(t.milliseconds() / 1000) + " ends");
            });
            harness.start();
            harness.clock().advance(1s);
            begun.wait(false);
            harness.awaitReceived(1);
            if (!gracefully) harness.clock().advance(1s);
            context.stop({.gracefully = gracefully, .deadline = harness.patience});
            steps.add("stop returns");
            using Lines = std::vector<std::string>;
            Lines const graceful{
                "the receiver stops", "batch 1 ends", "batch 2 ends", "the source stops", "the listener is told of the last batch",
                "stop returns"};
            Lines const atOnce{"the receiver stops", "the batch that waits is dropped",        "batch 1 ends",
                               "the source stops",   "the listener is told of the last batch", "stop returns"};
            CHECK(steps.lines == (gracefully ? graceful : atOnce));
            CHECK(received == (gracefully ? 1 : 0));
        }
    }
}
