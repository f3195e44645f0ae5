#include <sluice/operators/collect.hpp>
#include <sluice/operators/foreach.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/reduce_by_key.hpp>
#include <sluice/outputs/foreach_rdd.hpp>
#include <sluice/runtime/manual_clock.hpp>
#include <sluice/runtime/streaming_context.hpp>
#include <sluice/sources/queue_stream.hpp>
#include <sluice/sources/receiver_stream.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <unistd.h>

using namespace sluice;
using namespace std::chrono_literals;

namespace {

constexpr auto nothing = [](auto&&...) {};
constexpr auto same = [](int x) { return x; };

/// A context on a manual clock, and how often its one output ran.
struct Program {
    ManualClock clock;
    std::vector<std::string> warnings;
    StreamingContext context;
    RDDQueue<int> queue;
    DStream<int> numbers;
    int batches = 0;

    explicit Program(bool exclusive = true)
        : context({.master = "inline",
                   .clock = clock,
                   .exclusive = exclusive,
                   .log = [this](LogEntry const& entry) { warnings.push_back(entry.text); }},
                  1s),
          numbers(queueStream(context, queue))
    {
        numbers | foreachRDD([this](auto const&) { ++batches; });
    }
};

/// What a call throws of one type, as text; empty where it does not.
template <class Error, class F>
std::string textOf(F const& f)
{
    try {
        f();
    } catch (Error const& error) {
        return error.what();
    }
    return {};
}

bool has(std::string const& text, std::string const& part) { return text.find(part) != std::string::npos; }

/// Returns when that thread of the process waits for something, and not just for a moment: whenever it is looked at.
void untilItWaits(pid_t thread)
{
    auto const path = "/proc/self/task/" + std::to_string(thread) + "/stat";
    for (int inARow = 0; inARow < 500; std::this_thread::yield()) {
        std::ifstream in{path};
        std::string state;
        in >> state >> state >> state;
        inARow = state == "S" ? inARow + 1 : 0;
    }
}

}  // namespace

TEST_CASE("a context goes from initialized to active to stopped")
{
    Program p;
    CHECK(p.context.getState() == ContextState::initialized);
    p.clock.advance(5s);
    CHECK(p.batches == 0);
    p.context.start();
    CHECK(p.context.getState() == ContextState::active);
    p.clock.advance(2s);
    CHECK(p.batches == 2);
    p.context.stop();
    CHECK(p.context.getState() == ContextState::stopped);
    p.clock.advance(2s);
    CHECK(p.batches == 2);
}

TEST_CASE("a compression for which the program has no library is refused as the context is made, and nothing is left of it")
{
    Config const config{.master = "inline", .compression = Compression::zstd};
    CHECK_THROWS_WITH_AS((StreamingContext{config, 1s}),
                         "sluice::Config::compression by zstd: that needs a program that includes <sluice/zstd.hpp>", Unsupported);
    Program p;
    p.context.start();
    CHECK(p.context.getState() == ContextState::active);
}

TEST_CASE("to start an active context is a warning and nothing else")
{
    Program p;
    p.context.start();
    p.context.start();
    REQUIRE(p.warnings.size() == 1);
    CHECK(has(p.warnings[0], "active already"));
    p.clock.advance(1s);
    CHECK(p.batches == 1);
}

TEST_CASE("a stopped context cannot be started again")
{
    Program p;
    p.context.start();
    p.context.stop();
    CHECK(has(textOf<IllegalState>([&] { p.context.start(); }), "already been stopped"));
    CHECK(p.context.getState() == ContextState::stopped);
}

TEST_CASE("a context that never started is stopped with a warning, and stays stopped")
{
    Program p;
    p.context.stop();
    CHECK(p.context.getState() == ContextState::stopped);
    REQUIRE(p.warnings.size() == 1);
    CHECK(has(p.warnings[0], "not been started"));
    CHECK_THROWS_AS(p.context.start(), IllegalState);
    CHECK(p.context.context().isStopped());
    p.context.awaitTermination();
}

TEST_CASE("to stop twice is a warning")
{
    Program p;
    p.context.start();
    p.context.stop();
    CHECK(p.warnings.empty());
    p.context.stop();
    REQUIRE(p.warnings.size() == 1);
    CHECK(has(p.warnings[0], "stopped already"));
    CHECK(p.context.getState() == ContextState::stopped);
}

TEST_CASE("a second stop may still stop the Context")
{
    Program p;
    p.context.start();
    p.context.stop({.stopContext = false});
    CHECK(!p.context.context().isStopped());
    p.context.stop({.stopContext = true});
    CHECK(p.context.context().isStopped());
}

TEST_CASE("only one exclusive context is active, and the other says where that was started")
{
    Program first;
    CHECK(StreamingContext::getActive() == nullptr);
    first.context.start();
    int const line = __LINE__ - 1;
    CHECK(StreamingContext::getActive() == &first.context);

    Program second;
    auto const text = textOf<IllegalState>([&] { second.context.start(); });
    CHECK(has(text, "streaming_context.cpp:" + std::to_string(line)));
    CHECK(has(text, "exclusive"));
    CHECK(second.context.getState() == ContextState::initialized);
    CHECK(StreamingContext::getActive() == &first.context);

    first.context.stop();
    CHECK(StreamingContext::getActive() == nullptr);
    second.context.start();
    CHECK(StreamingContext::getActive() == &second.context);
    second.clock.advance(1s);
    CHECK(second.batches == 1);
}

TEST_CASE("getActiveOrCreate gives the active context, or a new one that is not started")
{
    std::vector<std::unique_ptr<Program>> made;
    auto const byReference = [&]() -> StreamingContext& { return made.emplace_back(std::make_unique<Program>())->context; };
    auto const byPointer = [&] { return &byReference(); };
    auto& first = StreamingContext::getActiveOrCreate(byReference);
    CHECK(first.getState() == ContextState::initialized);
    CHECK(&StreamingContext::getActiveOrCreate(byReference) != &first);
    first.start();
    CHECK(&StreamingContext::getActiveOrCreate(byReference) == &first);
    CHECK(StreamingContext::getActiveOrCreate(byPointer) == &first);
    CHECK(made.size() == 2);
    first.stop();
    auto* const third = StreamingContext::getActiveOrCreate(byPointer);
    CHECK(third == &made.at(2)->context);
    CHECK_THROWS_WITH(StreamingContext::getActiveOrCreate([]() -> StreamingContext* { throw std::runtime_error{"no context"}; }),
                      "no context");
}

TEST_CASE("contexts that are not exclusive are active side by side")
{
    Program first{false};
    Program second{false};
    Program third;
    first.context.start();
    second.context.start();
    CHECK(StreamingContext::getActive() == nullptr);
    third.context.start();
    first.clock.advance(1s);
    second.clock.advance(2s);
    CHECK(first.batches == 1);
    CHECK(second.batches == 2);
}

TEST_CASE("a start that fails ends the context, and leaves the process to others")
{
    ManualClock clock;
    StreamingContext idle{{.master = "inline", .clock = clock}, 1s};
    auto [store, numbers] = std::pair{0, queueStream(idle, RDDQueue<int>{})};
    auto const text = textOf<InvalidArgument>([&] { idle.start(); });
    CHECK(has(text, "no output"));
    CHECK(idle.getState() == ContextState::stopped);
    CHECK(StreamingContext::getActive() == nullptr);
    idle.awaitTermination();
    CHECK(idle.awaitTerminationOrTimeout(0s));
    CHECK_THROWS_AS(idle.start(), IllegalState);

    Program other;
    other.context.start();
    CHECK(other.context.getState() == ContextState::active);
}

TEST_CASE("nothing is added to a context that has started")
{
    Program p;
    DStream fused = p.numbers | map(same);
    p.context.start();
    auto const refused = [&](auto const& add, std::string const& kind, int line) {
        auto const text = textOf<IllegalState>(add);
        CAPTURE(text);
        CHECK(has(text, "sluice::" + kind + " ("));
        CHECK(has(text, "streaming_context.cpp:" + std::to_string(line)));
        CHECK(has(text, "has been started"));
    };
    refused([&] { static_cast<void>(p.numbers | map(same)); }, "map", __LINE__);
    refused([&] { static_cast<void>(fused | map(same)); }, "map", __LINE__);
    refused([&] { p.numbers | foreachRDD(nothing); }, "foreachRDD", __LINE__);
    refused([&] { static_cast<void>(queueStream(p.context, p.queue)); }, "queueStream", __LINE__);
    p.clock.advance(1s);
    CHECK(p.batches == 1);
}

TEST_CASE("nothing is added to a context that has stopped")
{
    Program p;
    p.context.start();
    p.context.stop();
    CHECK(has(textOf<IllegalState>([&] { static_cast<void>(p.numbers | map(same)); }), "has been stopped"));
    CHECK(has(textOf<IllegalState>([&] { p.numbers | foreachRDD(nothing); }), "foreachRDD"));
    CHECK(has(textOf<IllegalState>([&] { static_cast<void>(queueStream(p.context, p.queue)); }), "queueStream"));
}

TEST_CASE("a stream may outlive its context, and says so when it is used")
{
    auto program = std::make_unique<Program>();
    auto fused = program->numbers | map(same);
    DStream<int> any = program->numbers;
    program->context.start();
    program.reset();
    auto const text = textOf<IllegalState>([&] { static_cast<void>(fused | map(same)); });
    CHECK(has(text, "no longer exists"));
    CHECK(has(text, "sluice::map (" + std::string(__FILE__) + ':' + std::to_string(__LINE__ - 2)));
    CHECK_THROWS_AS(any | foreachRDD(nothing), IllegalState);
    CHECK(any.slideDuration() == 1s);
}

TEST_CASE("an interval that is not positive is refused")
{
    CHECK(has(textOf<InvalidArgument>([] { StreamingContext{Config{}, 0s}; }), "0 ms"));
    CHECK(has(textOf<InvalidArgument>([] { StreamingContext{Config{}, -1ms}; }), "-1 ms"));
}

TEST_CASE("a Context is shared by one streaming context after another")
{
    ManualClock clock;
    Context context{{.master = "local[2]", .clock = clock}};
    for (int round = 1; round <= 2; ++round) {
        StreamingContext ssc{context, 1s};
        int batches = 0;
        queueStream(ssc, RDDQueue<int>{}) | foreachRDD([&](auto const&) { ++batches; });
        ssc.start();
        clock.advance(1s);
        ssc.awaitBatches();
        ssc.stop({.stopContext = false});
        CHECK(batches == 1);
        CHECK(!context.isStopped());
    }
    {
        StreamingContext unused{context, 1s};
    }
    CHECK(!context.isStopped());
    {
        StreamingContext ssc{context, 1s};
        queueStream(ssc, RDDQueue<int>{}) | foreachRDD(nothing);
        ssc.start();
    }  // the destructor of an active one stops its Context as stop() does
    CHECK(context.isStopped());
    CHECK(has(textOf<IllegalState>([&] { StreamingContext{context, 1s}; }), "Context has been stopped"));
}

TEST_CASE("a Context that stops before the start refuses it")
{
    ManualClock clock;
    Context context{{.master = "inline", .clock = clock}};
    StreamingContext ssc{context, 1s};
    queueStream(ssc, RDDQueue<int>{}) | foreachRDD(nothing);
    context.stop();
    CHECK(has(textOf<IllegalState>([&] { ssc.start(); }), "Context has been stopped"));
    CHECK(ssc.getState() == ContextState::stopped);
}

TEST_CASE("stopContextByDefault says what stop does about the Context")
{
    ManualClock clock;
    Context context{{.master = "inline", .stopContextByDefault = false, .clock = clock}};
    StreamingContext ssc{context, 1s};
    ssc.stop();
    CHECK(!context.isStopped());
    ssc.stop({.stopContext = true});
    CHECK(context.isStopped());
}

TEST_CASE("remember is called once, with a positive time")
{
    Program p;
    CHECK(has(textOf<InvalidArgument>([&] { p.context.remember(0s); }), "positive"));
    CHECK(has(textOf<InvalidArgument>([&] { p.context.remember(-1s); }), "-1000 ms"));
    p.context.remember(3s);
    CHECK(has(textOf<InvalidArgument>([&] { p.context.remember(3s); }), "set already, to 3000 ms"));
}

TEST_CASE("remember is called before the start")
{
    Program p;
    p.context.start();
    CHECK(has(textOf<IllegalState>([&] { p.context.remember(3s); }), "remember"));
    p.context.stop();
    CHECK(has(textOf<IllegalState>([&] { p.context.remember(3s); }), "before start()"));
}

TEST_CASE("awaitTerminationOrTimeout tells a stop from the end of the time")
{
    Program p;
    p.context.start();
    CHECK(!p.context.awaitTerminationOrTimeout(1ms));
    p.context.stop();
    CHECK(p.context.awaitTerminationOrTimeout(0s));
    CHECK(p.context.awaitTerminationOrTimeout(-1s));
}

TEST_CASE("what fails in a batch is thrown by those who await the end, and wins over the stop")
{
    Program p;
    p.numbers | foreachRDD([](auto const&) { throw std::runtime_error{"first"}; });
    p.numbers | foreachRDD([](auto const&) { throw std::runtime_error{"second"}; });
    p.context.start();
    p.clock.advance(2s);
    CHECK(p.batches == 2);
    CHECK(p.context.getState() == ContextState::active);
    CHECK(has(textOf<StreamError>([&] { static_cast<void>(p.context.awaitTerminationOrTimeout(1h)); }), "first"));
    CHECK(p.context.getState() == ContextState::stopped);
    CHECK(has(textOf<StreamError>([&] { p.context.awaitTermination(); }), "first"));
    CHECK(has(textOf<StreamError>([&] { static_cast<void>(p.context.awaitTerminationOrTimeout(-1s)); }), "batch 1000 ms"));
}

TEST_CASE("a context gives what it was made with")
{
    ManualClock clock{Time{7s}};
    StreamingContext ssc{{.master = "local[3]", .appName = "name", .clock = clock}, 250ms};
    CHECK(ssc.config().appName == "name");
    CHECK(ssc.context().defaultParallelism() == 3);
    CHECK(ssc.clock().now() == Time{7s});
    CHECK(ssc.batchInterval() == 250ms);
}

TEST_CASE("a stream has batches on its grid alone; each is made once, and forgotten when the time to remember is over")
{
    for (Duration const remember : {0s, 2s}) {
        ManualClock const clock{Time{500ms}};
        StreamingContext context{{.master = "inline", .clock = clock, .exclusive = false}, 1s};
        if (remember > 0s) context.remember(remember);
        RDDQueue<int> queue;
        int made = 0;
        auto const sums = queueStream(context, queue) | map([&](int x) {
                              ++made;
                              return std::pair{x, 1};
                          }) |
                          reduceByKey([](int a, int b) { return a + b; });
        auto const has = [&](Time t) { return sums.node().impl().memo.find(t).get() != nullptr; };
        for (int i = 0; i < 2; ++i) {
            sums | foreachRDD([&](auto batch, Time t) {
                CHECK(static_cast<std::int64_t>((batch | collect()).size()) == 1);
                CHECK(has(t));
                CHECK(static_cast<bool>(sums.node().at(t)));
                CHECK(!sums.node().at(t + 500ms));               // between two
                CHECK(!sums.node().at(context.core()->zero()));  // before the first one
                CHECK(!sums.node().at(t + 1s));                  // not yet
            });
        }
        context.start();
        for (int k = 1; k <= 5; ++k) {
            queue.push({k});
            clock.advance(1s);
        }
        CHECK(made == 5);
        for (int k = 1; k <= 5; ++k) {
            Time const t{std::chrono::seconds{k}};
            CHECK(has(t) == (t > Time{5s} - remember));
        }
        context.stop();
        context.awaitTermination();
    }
}

TEST_CASE("who waits for the end is woken by what fails, and nothing runs on when that is thrown")
{
    Program p;
    p.numbers | foreachRDD([](auto const&) { throw std::runtime_error{"bad"}; });
    p.context.start();
    std::thread helper{[&, waiter = ::gettid()] {
        untilItWaits(waiter);
        p.clock.advance(1s);
    }};
    auto const text = textOf<StreamError>([&] { p.context.awaitTermination(); });
    helper.join();
    CHECK(has(text, "batch 1000 ms: bad"));
    CHECK(p.context.getState() == ContextState::stopped);
    CHECK(p.context.context().isStopped());
    p.clock.advance(1s);
    CHECK(p.batches == 1);
}

TEST_CASE("what is thrown while one waits with a timeout has stopped the context, too")
{
    Program p;
    p.numbers | foreachRDD([](auto const&) { throw std::runtime_error{"bad"}; });
    p.context.start();
    CHECK(!p.context.awaitTerminationOrTimeout(0s));
    CHECK(p.context.getState() == ContextState::active);
    p.clock.advance(1s);
    CHECK_THROWS_AS(static_cast<void>(p.context.awaitTerminationOrTimeout(0s)), StreamError);
    CHECK(p.context.getState() == ContextState::stopped);
}

TEST_CASE("to wait for the end of what was never started is refused at once")
{
    Program p;
    CHECK_THROWS_WITH_AS(p.context.awaitTermination(),
                         "sluice::StreamingContext::awaitTermination: the context has not been started, so nothing would end it",
                         IllegalState);
    CHECK_THROWS_WITH_AS(static_cast<void>(p.context.awaitTerminationOrTimeout(1h)),
                         "sluice::StreamingContext::awaitTerminationOrTimeout: the context has not been started, so nothing would end it",
                         IllegalState);
    p.context.stop();
    p.context.awaitTermination();  // it has ended
    CHECK(p.context.awaitTerminationOrTimeout(0s));
}

TEST_CASE("jobs, tasks, listeners and receivers would wait for themselves: to wait is refused at once")
{
    for (auto const* const master : {"inline", "local[1]", "local[3]"}) {
        CAPTURE(master);
        std::atomic<int> refused = 0;
        StreamingContext* context = nullptr;
        auto const tries = [&] {
            auto const before = refused.load();
            try {
                context->awaitTermination();
            } catch (IllegalState const& error) {
                if (has(error.what(), "awaitTermination: a job, a receiver or a listener of the context would wait for itself")) ++refused;
            }
            try {
                static_cast<void>(context->awaitTerminationOrTimeout(1h));
            } catch (IllegalState const&) {
                ++refused;
            }
            return refused - before;
        };
        struct Waits : StreamingListener {
            Callback<int()> wait;
            explicit Waits(Callback<int()> call) : wait(std::move(call)) {}
            void onBatchStarted(BatchStarted const&) override { wait(); }
        } listener{tries};
        ManualClock const clock;
        StreamingContext own{{.master = master, .clock = clock, .exclusive = false}, 1s};
        context = &own;
        own.addStreamingListener(listener);
        RDDQueue<int> queue;
        queueStream(own, queue) | foreachRDD([&](auto batch) {
            tries();
            CHECK_THROWS_WITH_AS(own.awaitBatches(), "sluice::StreamingContext::awaitBatches: a job would wait for its own batch",
                                 IllegalState);
            CHECK_THROWS_AS(static_cast<void>(own.awaitBatches(1h)), IllegalState);
            batch | foreach ([&](int) { tries(); });
        });
        std::atomic<bool> received = false;
        receiverStream<int>(own, [&](std::stop_token, auto&) {
            if (!received) tries();
            received = true;
            received.notify_all();
        }) | foreachRDD([](auto const&) {});
        own.start();
        received.wait(false);
        queue.push({1});
        clock.advance(1s);
        own.awaitBatches();
        own.stop({.gracefully = true});
        CHECK(refused == 8);  // twice a job, a task, a listener and a receiver
    }
}

TEST_CASE("a negative timeout waits until the context stops")
{
    for (Duration const timeout : {Duration{-1us}, Duration{-1s}, Duration::min()}) {
        Program p;
        p.context.start();
        std::atomic<bool> stopping = false;
        std::thread helper{[&, waiter = ::gettid()] {
            untilItWaits(waiter);
            stopping = true;
            p.context.stop();
        }};
        CHECK(p.context.awaitTerminationOrTimeout(timeout));
        CHECK(stopping);
        CHECK(p.context.getState() == ContextState::stopped);
        helper.join();
    }
}

TEST_CASE("another context that is active is looked for before the graph is checked")
{
    Program first;
    first.context.start();
    ManualClock clock;
    StreamingContext idle{{.master = "inline", .clock = clock}, 1s};
    auto const numbers = queueStream(idle, RDDQueue<int>{});
    auto const text = textOf<IllegalState>([&] { idle.start(); });
    CHECK(has(text, "only one exclusive context"));
    CHECK(idle.getState() == ContextState::initialized);
    numbers | foreachRDD(nothing);  // it can still be given what it lacks
    first.context.stop();
    idle.start();
    CHECK(idle.getState() == ContextState::active);
}
