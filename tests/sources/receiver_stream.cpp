#include <sluice/operators/collect.hpp>
#include <sluice/outputs/foreach_rdd.hpp>
#include <sluice/sources/receiver_stream.hpp>
#include <sluice/testing/harness.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

using namespace sluice;
using namespace std::chrono_literals;

namespace {

using Texts = std::vector<std::string>;

/// What happened, in order, from any thread.
struct Journal : StreamingListener {
    void onReceiverStarted(ReceiverStarted const& e) override { add("started", e.receiver); }
    void onReceiverStopped(ReceiverStopped const& e) override { add("stopped", e.receiver); }
    void onReceiverError(ReceiverError const& e) override { add("error: " + e.receiver.lastErrorMessage, e.receiver); }

    void add(std::string text, ReceiverInfo const& info = {})
    {
        std::lock_guard const lock{mutex};
        lines.push_back(std::move(text));
        last = info;
    }
    [[nodiscard]] long count(std::string const& text)
    {
        std::lock_guard const lock{mutex};
        return std::count(lines.begin(), lines.end(), text);
    }

    std::mutex mutex;
    Texts lines;
    ReceiverInfo last;
};

/// A receiver that does what the test says in onStart, and shows itself to it.
struct Scripted : Receiver<int> {
    struct Script {
        Journal calls;
        std::function<void(Scripted&)> onStart = [](Scripted&) {};
        std::function<void(Scripted&)> onStop = [](Scripted&) {};
        std::atomic<Scripted*> receiver{nullptr};
    };
    explicit Scripted(Script& s) : script(&s) {}
    void onStart() override
    {
        script->calls.add("onStart");
        script->receiver = this;
        script->onStart(*this);
    }
    void onStop() override
    {
        script->calls.add("onStop");
        script->onStop(*this);
    }
    Script* script;
};

/// A context with one receiver, and the records of the last batch, and of all.
template <class T = int>
struct Program {
    Journal journal;
    testing::Harness harness;
    std::vector<T> last;
    std::vector<T> all;

    template <class R>
    explicit Program(R receiver, Config config = {}, Duration interval = 1s) : harness(std::move(config), interval)
    {
        receiverStream<T>(harness.context(), std::move(receiver)) | foreachRDD([this](auto batch) {
            last = batch | collect();
            all.insert(all.end(), last.begin(), last.end());
        });
        harness.context().addStreamingListener(journal);
    }
    std::vector<T> next(std::int64_t received)
    {
        harness.awaitReceived(received);
        harness.advance(1s);
        return last;
    }
    void await(std::string const& text, long times = 1)
    {
        harness.await(text, [&] { return journal.count(text) >= times; });
    }
};

/// The model's own form: a thread that stores until it cannot.
struct Counting : Receiver<int> {
    std::thread thread;
    std::atomic<int>* running;
    explicit Counting(std::atomic<int>* r) : running(r) {}
    void onStart() override
    {
        thread = std::thread{[this] {
            ++*running;
            for (int i = 0; store(i); ++i) {}
            --*running;
        }};
    }
    void onStop() override { thread.join(); }
};

}  // namespace

// What records a receiver stores, it may tell itself.
namespace {

struct Storing : Receiver<int> {
    void onStart() override { store(7); }
    void onStop() override {}
};
struct Running {
    void run(std::stop_token, Store<std::string>& store) { store("text"); }
};
template <class R>
using ToldBy = typename detail::RecordsOf<void, R>::type;
static_assert(std::is_same_v<ToldBy<Storing>, int> && std::is_same_v<ToldBy<Running>, std::string>);
static_assert(std::is_same_v<ToldBy<decltype([](std::stop_token, Store<char>&) {})>, char>);
static_assert(std::is_same_v<ToldBy<void (*)(std::stop_token, Store<double>&)>, double>);
static_assert(std::is_same_v<ToldBy<decltype([] { return Storing{}; })>, int>);
static_assert(std::is_void_v<ToldBy<decltype([](std::stop_token, auto& store) { store(1); })>> && std::is_void_v<ToldBy<int>>);

}  // namespace

TEST_CASE("the type of the records may be left out where the receiver tells it")
{
    testing::Harness harness;
    std::vector<int> seen;
    receiverStream(harness.context(), Storing{}) | foreachRDD([&](auto batch) { seen = batch | collect(); });
    harness.start();
    harness.awaitReceived(1);
    harness.advance(1s);
    harness.context().stop();
    CHECK(seen == std::vector{7});
}

TEST_CASE("a receiver is started with the context and stopped with it; a store that waits is woken")
{
    std::atomic<int> running = 0;
    Program<int> p{[&running] { return Counting{&running}; }, {.maxReceivedBytes = 10 * sizeof(int)}};
    p.harness.start();
    CHECK(p.next(10) == std::vector{0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
    CHECK(p.next(20) == std::vector{10, 11, 12, 13, 14, 15, 16, 17, 18, 19});
    p.harness.awaitReceived(30);
    CHECK(running == 1);
    p.harness.context().stop();
    CHECK(running == 0);
    CHECK(p.journal.lines == Texts{"started", "stopped"});
    CHECK(p.journal.last.name == "receiverStream-0");
}

TEST_CASE("all records of a range are in one batch, and are in when store returns")
{
    Scripted::Script script;
    std::atomic<bool> in = false;
    script.onStart = [&](Scripted& r) {
        std::vector<int> const numbers{1, 2, 3};
        in = r.store(numbers) && r.store(std::vector{4, 5}) && r.store(std::vector<int>{}) && r.store(6);
    };
    Program<int> p{Scripted{script}};
    p.harness.start();
    CHECK(p.next(6) == std::vector{1, 2, 3, 4, 5, 6});
    CHECK(in);
}

TEST_CASE("what a receiver says of a range, listeners read of its batch")
{
    struct Inputs : StreamingListener {
        Texts lines;
        void onBatchCompleted(BatchCompleted const& e) override
        {
            for (auto const& input : e.batch.inputs) lines.push_back(std::to_string(input.numRecords) + ": " + input.description);
        }
    } inputs;
    Scripted::Script script;
    Program<int> p{Scripted{script}};
    p.harness.context().addStreamingListener(inputs);
    p.harness.start();
    p.harness.await("the receiver", [&] { return script.receiver.load() != nullptr; });
    auto& receiver = *script.receiver.load();
    CHECK(receiver.store(std::vector{1, 2}, "shard a, 1 to 2"));
    CHECK(receiver.store(3));
    CHECK(receiver.store(std::vector<int>{4}, std::string{"shard b, 4"}));
    CHECK(p.next(4) == std::vector{1, 2, 3, 4});
    CHECK(receiver.store(5));
    CHECK(p.next(5) == std::vector{5});
    p.harness.context().stop({.gracefully = true});
    CHECK(inputs.lines == Texts{"4: shard a, 1 to 2\nshard b, 4", "1: "});
}

TEST_CASE("a range waits until all of it fits; one above the bound passes when it is alone")
{
    Scripted::Script script;
    std::thread sender;
    script.onStart = [&](Scripted& r) {
        sender = std::thread{[&r] {
            r.store(1);
            r.store(std::vector{2, 3, 4});
            r.store(std::vector{5, 6, 7, 8, 9});
        }};
    };
    script.onStop = [&](Scripted&) { sender.join(); };
    Program<int> p{Scripted{script}, {.maxReceivedBytes = 3 * sizeof(int)}};
    p.harness.start();
    CHECK(p.next(1) == std::vector{1});
    CHECK(p.next(4) == std::vector{2, 3, 4});
    CHECK(p.next(9) == std::vector{5, 6, 7, 8, 9});
}

TEST_CASE("a receiver that is not in a stream is told so by every call")
{
    Scripted::Script script;
    Scripted receiver{script};
    CHECK_THROWS_WITH_AS(receiver.store(1), "sluice::Receiver::store: the receiver belongs to no receiverStream yet", IllegalState);
    CHECK_THROWS_AS(receiver.store(std::vector{1}), IllegalState);
    CHECK_THROWS_AS(receiver.reportError("e"), IllegalState);
    CHECK_THROWS_AS(receiver.restart("r"), IllegalState);
    CHECK_THROWS_AS(receiver.stop("s"), IllegalState);
    CHECK_THROWS_AS(static_cast<void>(receiver.isStarted()), IllegalState);
    CHECK_THROWS_AS(static_cast<void>(receiver.isStopped()), IllegalState);
    CHECK_THROWS_AS(static_cast<void>(receiver.streamId()), IllegalState);
    testing::Harness harness;
    receiverStream<int>(harness.context(), receiver) | foreachRDD([](auto const&) {});
    CHECK_THROWS_AS(receiver.store(1), IllegalState);  // a copy of it is
}

TEST_CASE("a receiver knows its stream and its state")
{
    Scripted::Script script;
    bool startedInStart = false;
    script.onStart = [&](Scripted& r) { startedInStart = r.isStarted() && !r.isStopped(); };
    bool stoppedInStop = false;
    script.onStop = [&](Scripted& r) { stoppedInStop = r.isStopped() && !r.isStarted(); };
    testing::Harness harness;
    std::size_t id = 0;
    receiverStream<int>(harness.context(), [](std::stop_token, auto&) {}) | foreachRDD([](auto const&) {});
    receiverStream<int>(harness.context(), Scripted{script}) | foreachRDD([](auto const&) {});
    harness.start();
    harness.await("the start", [&] { return script.receiver.load() != nullptr; });
    id = script.receiver.load()->streamId();
    CHECK(id == 1);
    harness.context().stop();
    CHECK(startedInStart);
    CHECK(stoppedInStop);
}

TEST_CASE("an onStart that throws is told of, and tried again after the delay; onStop cleans up behind it")
{
    Scripted::Script script;
    int starts = 0;
    script.onStart = [&](Scripted& r) {
        if (++starts == 1) throw std::runtime_error{"no socket"};
        r.store(starts);
    };
    Program<int> p{Scripted{script}, {.receiverRestartDelay = 3s}};
    p.harness.start();
    p.await("error: restarting in 3000 ms: no socket");
    CHECK(p.journal.last.lastError == "no socket");
    p.harness.advance(2s);
    CHECK(starts == 1);
    p.harness.advance(1s);
    p.next(1);  // it starts at a tick: before its batch, or behind it
    CHECK(p.all == std::vector{2});
    p.harness.context().stop();
    CHECK(script.calls.lines == Texts{"onStart", "onStop", "onStart", "onStop"});
}

TEST_CASE("restart: onStop, the delay that was asked for, onStart; what was stored stays")
{
    Scripted::Script script;
    Program<int> p{Scripted{script}, {.receiverRestartDelay = 5s}};
    script.onStart = [&](Scripted& r) { r.store(7); };
    p.harness.start();
    p.harness.awaitReceived(1);
    auto& receiver = *script.receiver.load();
    receiver.restart("tired", 2s);
    receiver.restart("twice is once", 9s);
    p.await("error: restarting in 2000 ms: tired");
    CHECK(p.journal.last.lastError == "tired");
    CHECK(receiver.isStopped());
    CHECK(!receiver.store(8));
    CHECK(!receiver.store(std::vector{9}));
    CHECK(!receiver.store(std::vector<int>{}));
    p.harness.advance(1s);
    CHECK(p.last == std::vector{7});
    CHECK(script.calls.count("onStart") == 1);
    p.harness.advance(1s);
    p.harness.awaitReceived(2);
    CHECK(script.calls.count("onStart") == 2);
    CHECK(receiver.store(10));
    p.next(3);
    CHECK(p.all == std::vector{7, 7, 10});
    receiver.restart("again");
    p.await("error: restarting in 5000 ms: again");
    p.harness.context().stop();
    CHECK(script.calls.lines == Texts{"onStart", "onStop", "onStart", "onStop"});
    CHECK(p.journal.lines == Texts{"started", "error: restarting in 2000 ms: tired", "error: restarting in 5000 ms: again", "stopped"});
}

TEST_CASE("stop: nothing more is stored, listeners are told, and the context starts it again after the delay")
{
    Scripted::Script script;
    Program<int> p{Scripted{script}, {.receiverRestartDelay = 2s}};
    p.harness.start();
    p.harness.await("the start", [&] { return script.receiver.load() != nullptr; });
    auto& receiver = *script.receiver.load();
    CHECK(receiver.store(1));
    receiver.stop("enough");
    CHECK(receiver.isStopped());
    CHECK(!receiver.store(2));
    CHECK(!receiver.store(std::vector{3}));
    p.await("stopped");
    CHECK(p.journal.last.lastErrorMessage == "enough");
    CHECK(!p.journal.last.active);
    CHECK(p.next(1) == std::vector{1});
    p.harness.advance(1s);
    p.await("started", 2);
    p.harness.await("the second start", [&] { return script.calls.count("onStart") == 2; });
    CHECK(receiver.isStarted());
    CHECK(receiver.store(4));
    CHECK(p.next(2) == std::vector{4});
    receiver.stop("again");
    p.await("stopped", 2);
    p.harness.context().stop();
    CHECK(script.calls.lines == Texts{"onStart", "onStop", "onStart", "onStop"});
    CHECK(p.journal.lines == Texts{"started", "stopped", "started", "stopped"});
}

TEST_CASE("a receiver's own thread may stop or restart it, while onStop waits for that thread")
{
    for (bool const again : {false, true}) {
        Scripted::Script script;
        std::thread worker;
        script.onStart = [&](Scripted& r) {
            worker = std::thread{[&r, again] { again ? r.restart("from within") : r.stop("from within"); }};
        };
        script.onStop = [&](Scripted&) { worker.join(); };
        Program<int> p{Scripted{script}, {.receiverRestartDelay = 1h}};
        p.harness.start();
        p.await(again ? "error: restarting in 3600000 ms: from within" : "stopped");
        CHECK(!worker.joinable());
    }
}

TEST_CASE("stop and restart wake a thread that waits in store: for room, for the next batch's share, for the next second's")
{
    struct Case {
        char const* waitsFor;
        Config config;
        Duration interval;
    };
    Case const cases[] = {{"room", {.maxReceivedBytes = 10 * sizeof(int), .receiverRestartDelay = 30300ms}, 1s},
                          {"share", {.receiverMaxRate = 10, .receiverRestartDelay = 30300ms}, 1s},
                          {"second", {.receiverMaxRate = 10, .receiverRestartDelay = 30300ms}, 5s}};
    for (bool const again : {false, true}) {
        for (auto const& c : cases) {
            CAPTURE(again);
            CAPTURE(c.waitsFor);
            Scripted::Script script;
            std::thread sender;
            std::atomic<int> next = 0;  // the first that has not been stored
            script.onStart = [&](Scripted& r) {
                sender = std::thread{[&] {
                    while (!r.isStopped() && r.store(next.load())) ++next;
                }};
            };
            script.onStop = [&](Scripted&) { sender.join(); };
            Program<int> p{Scripted{script}, c.config, c.interval};
            p.harness.start();
            for (int run = 1; run <= 3; ++run) {
                p.harness.awaitReceived(10 * run);
                auto& receiver = *script.receiver.load();
                again ? receiver.restart("r") : receiver.stop("s");
                p.await(again ? "error: restarting in 30300 ms: r" : "stopped", run);  // no tick has come
                CHECK(!sender.joinable());
                CHECK(next == 10 * run);
                CHECK(!receiver.store(-1));
                p.harness.advance(30s);
                CHECK(p.all.size() == static_cast<std::size_t>(10 * run));
                CHECK(script.calls.count("onStart") == run);
                p.harness.advance(300ms);  // no tick: what comes now is in the first second of its batch
            }
            p.harness.awaitReceived(40);
            p.harness.context().stop({.gracefully = true});
            CHECK(!sender.joinable());
            std::vector<int> numbers(p.all.size());
            for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<int>(i);
            CHECK(p.all == numbers);
            CHECK(p.all.size() >= 40);  // the one that waited then belongs to the last batch
            CHECK(p.all.size() == static_cast<std::size_t>(next.load()));
        }
    }
}

TEST_CASE("stop counts at once, before onStop: who waits in store is woken by it")
{
    Scripted::Script script;
    std::vector<bool> stored;
    script.onStart = [&](Scripted& r) {
        stored.push_back(r.store(1));
        std::thread sender{[&r] {
            while (r.store(2)) {}
        }};
        r.stop("in onStart");
        sender.join();
        stored.push_back(r.store(3));
        stored.push_back(r.isStopped());
    };
    Program<int> p{Scripted{script}, {.maxReceivedBytes = 10 * sizeof(int), .receiverRestartDelay = 1h}};
    p.harness.start();
    p.await("stopped");
    p.harness.context().stop();
    CHECK(stored == std::vector{true, false, true});
}

TEST_CASE("an onStart that throws behind a thread that waits in store: onStop may wait for that")
{
    Scripted::Script script;
    std::thread sender;
    script.onStart = [&](Scripted& r) {
        sender = std::thread{[&r] {
            while (r.store(1)) {}
        }};
        throw std::runtime_error{"half"};
    };
    script.onStop = [&](Scripted&) { sender.join(); };
    Program<int> p{Scripted{script}, {.maxReceivedBytes = 10 * sizeof(int)}};
    p.harness.start();
    p.await("error: restarting in 2000 ms: half");
    CHECK(!sender.joinable());
}

TEST_CASE("a slow receiver is stopped gracefully: what it stores until onStop returns is processed, all 15 of 15")
{
    struct Slow : Receiver<int> {
        std::thread thread;
        std::atomic<bool> stopping = false;
        std::vector<int>& taken;
        explicit Slow(std::vector<int>& all) : taken(all) {}
        void onStart() override
        {
            thread = std::thread{[this] {
                for (int i = 1; i <= 15; ++i) {
                    if (i == 7) stopping.wait(false);  // the rest comes when onStop waits for it
                    if (store(i)) taken.push_back(i);
                }
            }};
        }
        void onStop() override
        {
            CHECK(isStopped());
            stopping = true;
            stopping.notify_all();
            thread.join();
        }
    };
    for (bool const gracefully : {true, false}) {
        for (auto const* const master : {"inline", "local[2]"}) {
            for (std::size_t const room : {std::size_t{2}, std::size_t{1000}}) {
                CAPTURE(gracefully);
                CAPTURE(master);
                CAPTURE(room);
                std::vector<int> taken;
                std::vector<int> seen;
                testing::Harness harness{
                    {.master = master, .defaultParallelism = 1, .maxReceivedBytes = room * sizeof(int), .log = silent}};
                receiverStream<int>(harness.context(), [&] { return Slow{taken}; }) | foreachRDD([&](auto batch) {
                    for (int const x : batch | collect()) seen.push_back(x);
                });
                harness.start();
                for (int n = 2; n <= 6; n += 2) {
                    harness.awaitReceived(n);
                    if (room == 2 && n < 6) harness.advance(1s);
                }
                harness.context().stop({.gracefully = gracefully, .deadline = harness.patience});
                CHECK(taken.size() == (gracefully ? 15 : 6));
                if (gracefully) CHECK(seen == taken);
            }
        }
    }
}

TEST_CASE("what a receiver stores until its run returns belongs to the last batches of a graceful stop, and not without grace")
{
    for (bool const gracefully : {true, false}) {
        std::vector<bool> took;
        int sum = 0;
        testing::Harness harness{{.master = "local[2]", .log = silent}};
        receiverStream<int>(harness.context(), [&](std::stop_token stop, Store<int>& store) {
            took.push_back(store(1));
            while (!stop.stop_requested()) std::this_thread::yield();
            if (!gracefully) {
                while (store.tryStore(0)) std::this_thread::yield();  // until the store is closed, which is a moment later
            }
            took.push_back(store(10));
            took.push_back(store.all(std::vector{100, 1000}));
        }) | foreachRDD([&](auto batch) {
            for (int const x : batch | collect()) sum += x;
        });
        harness.start();
        harness.awaitReceived(1);
        harness.context().stop({.gracefully = gracefully});
        CHECK(took == std::vector{true, gracefully, gracefully});
        CHECK(sum == (gracefully ? 1111 : 0));
    }
}

TEST_CASE("a receiver that does not come to its end by the deadline of a graceful stop finds the store closed")
{
    std::atomic<int> taken = 0;
    int seen = 0;
    testing::Harness harness{{.master = "local[1]", .maxReceivedBytes = 4 * sizeof(int), .log = silent}};
    receiverStream<int>(harness.context(), [&](std::stop_token, Store<int>& store) {
        while (store(1)) ++taken;
    }) | foreachRDD([&](auto batch) {
        for (int const x : batch | collect()) seen += x;
    });
    harness.start();
    harness.awaitReceived(4);
    harness.context().stop({.gracefully = true, .deadline = 20ms});
    CHECK(harness.context().getState() == ContextState::stopped);
    CHECK(seen <= taken);
    CHECK(taken >= 4);
}

TEST_CASE("threads that store while it is stopped and restarted: what was taken is in batches, once")
{
    Scripted::Script script;
    std::atomic<bool> over = false;
    std::mutex mutex;
    std::vector<int> taken;
    Program<int> p{Scripted{script}, {.maxReceivedBytes = 3 * sizeof(int), .receiverRestartDelay = 0s}};
    p.harness.start();
    p.harness.await("the start", [&] { return script.receiver.load() != nullptr; });
    auto& receiver = *script.receiver.load();
    std::vector<std::thread> senders;
    for (int t = 0; t < 2; ++t) {
        senders.emplace_back([&, t] {
            for (int i = 0; !over; ++i) {
                auto const record = 2 * i + t;
                if (!receiver.store(record)) continue;
                std::lock_guard const lock{mutex};
                taken.push_back(record);
            }
        });
    }
    for (int run = 1; run <= 30; ++run) {
        run % 2 == 0 ? receiver.stop("s") : receiver.restart("r");
        p.harness.await("the next start", [&] { return script.calls.count("onStart") == run + 1; });
        if (run % 3 == 0) p.harness.advance(1s);
    }
    over = true;
    p.harness.context().stop({.gracefully = true});
    for (auto& sender : senders) sender.join();
    std::sort(taken.begin(), taken.end());
    std::sort(p.all.begin(), p.all.end());
    CHECK(p.all == taken);
}

TEST_CASE("stop and restart tell listeners and the log of their cause")
{
    auto const cause = std::make_exception_ptr(std::runtime_error{"bad magic"});
    Scripted::Script script;
    Texts told;
    std::mutex mutex;
    Program<int> p{Scripted{script}, {.receiverRestartDelay = 1s, .log = [&](LogEntry const& e) {
                                          std::lock_guard const lock{mutex};
                                          told.push_back(e.text);
                                      }}};
    auto const started = [&](long times) {
        p.harness.await("the start", [&] { return script.calls.count("onStart") == times && script.receiver.load()->isStarted(); });
    };
    auto const last = [&] {
        std::lock_guard const lock{p.journal.mutex};
        return std::pair{p.journal.last.lastErrorMessage, p.journal.last.lastError};
    };
    p.harness.start();
    p.harness.await("the receiver", [&] { return script.receiver.load() != nullptr; });
    auto& receiver = *script.receiver.load();
    receiver.restart("tired", 2s, cause);
    p.await("error: restarting in 2000 ms: tired");
    CHECK(last() == std::pair<std::string, std::string>{"restarting in 2000 ms: tired", "bad magic"});
    p.harness.advance(2s);
    started(2);
    receiver.restart("again");  // no cause is left from before
    p.await("error: restarting in 1000 ms: again");
    CHECK(last() == std::pair<std::string, std::string>{"restarting in 1000 ms: again", "again"});
    p.harness.advance(1s);
    started(3);
    receiver.stop("enough", cause);
    p.await("stopped");
    CHECK(last() == std::pair<std::string, std::string>{"enough", "bad magic"});
    p.harness.advance(1s);
    started(4);
    p.harness.context().stop();
    std::lock_guard const lock{mutex};
    CHECK(told ==
          Texts{"restarting in 2000 ms: tired: bad magic", "restarting in 1000 ms: again", "the receiver stopped: enough: bad magic"});
}

TEST_CASE("errors are reported with their cause while it goes on; what onStop throws is one")
{
    Scripted::Script script;
    script.onStart = [&](Scripted& r) {
        r.reportError("odd frame", std::make_exception_ptr(std::runtime_error{"bad magic"}));
        r.store(1);
    };
    script.onStop = [](Scripted&) { throw std::runtime_error{"sour"}; };
    Texts told;
    std::mutex mutex;
    Program<int> p{Scripted{script}, {.log = [&](LogEntry const& e) {
                       std::lock_guard const lock{mutex};
                       told.push_back(e.text);
                   }}};
    p.harness.start();
    p.await("error: odd frame");
    CHECK(p.journal.last.lastError == "bad magic");
    CHECK(p.next(1) == std::vector{1});
    p.harness.context().stop();
    CHECK(p.journal.lines == Texts{"started", "error: odd frame", "error: onStop threw", "stopped"});
    CHECK(told[0] == "odd frame: bad magic");
    CHECK(std::find(told.begin(), told.end(), "onStop threw: sour") != told.end());
}

TEST_CASE("the short form: run, or a function, until stop is asked for")
{
    struct Runs {
        std::unique_ptr<std::string> text = std::make_unique<std::string>("to be");
        void run(std::stop_token stop, Store<std::string>& store)
        {
            store(*text);
            store.all(Texts{"or", "not"});
            std::atomic<bool> over = false;
            std::stop_callback const wake{stop, [&over] { over = true, over.notify_one(); }};
            over.wait(false);
        }
    };
    Program<std::string> p{Runs{}};
    p.harness.start();
    CHECK(p.next(3) == Texts{"to be", "or", "not"});
    p.harness.context().stop();
    CHECK(p.journal.lines == Texts{"started", "stopped"});
}

TEST_CASE("a short form that ends or throws runs again after the delay")
{
    std::atomic<int> runs = 0;
    Program<int> p{[&](std::stop_token, auto& store) {
                       int const run = ++runs;
                       if (run <= 2) store(run);  // a third one may begin beside the batch that is looked at
                       if (run == 1) throw std::runtime_error{"first"};
                   },
                   {.receiverRestartDelay = 1s}};
    p.harness.start();
    p.await("error: restarting in 1000 ms: first");
    p.harness.advance(1s);
    p.await("error: restarting in 1000 ms: the receiver ended");
    p.next(2);
    CHECK(p.all == std::vector{1, 2});
    p.harness.context().stop();
}

TEST_CASE("records may be move-only, and partitions are those of the setting")
{
    testing::Harness harness{{.defaultParallelism = 3}};
    int sum = 0;
    std::size_t partitions = 0;
    receiverStream<std::unique_ptr<int>>(harness.context(), [](std::stop_token, auto& store) {
        for (int i = 1; i < 4; ++i) store(std::make_unique<int>(i));
    }) | foreachRDD([&](auto batch) {
        partitions = batch.numPartitions();
        for (std::size_t p = 0; p < partitions; ++p) {
            auto sink = [&](std::unique_ptr<int> const& n) { return sum = 10 * sum + *n, true; };
            batch.node().eachSpan(p, 0, [&](std::unique_ptr<int> const* records, std::size_t n) {
                for (std::size_t i = 0; i < n; ++i) sink(records[i]);
                return detail::Taken{n, true};
            });
        }
    });
    harness.start();
    harness.awaitReceived(3);
    harness.advance(1s);
    CHECK(sum == 123);
    CHECK(partitions == 3);
}
