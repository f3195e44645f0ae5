#include <sluice/operators/transform.hpp>
#include <sluice/outputs/foreach_rdd.hpp>
#include <sluice/runtime/listener_bus.hpp>
#include <sluice/runtime/statistics_listener.hpp>
#include <sluice/testing/harness.hpp>
#include <sluice/testing/run_batches.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace sluice;
using namespace std::chrono_literals;

namespace {

bool has(std::string const& text, std::string const& part) { return text.find(part) != std::string::npos; }

/// All that it is told, one line each.
struct Journal : StreamingListener {
    std::vector<std::string> lines;
    std::vector<BatchInfo> completed;
    std::vector<OutputOperationInfo> outputs;

    static std::string stages(BatchInfo const& batch)
    {
        std::string text = ' ' + batch.batchTime.toString() + ':';
        if (batch.schedulingDelay()) text += " scheduled";
        if (batch.processingDelay()) text += " processed";
        if (batch.totalDelay()) text += " total";
        return text;
    }
    void onStreamingStarted(StreamingStarted const& e) override { lines.push_back("started " + e.time.toString()); }
    void onBatchSubmitted(BatchSubmitted const& e) override { lines.push_back("submitted" + stages(e.batch)); }
    void onBatchStarted(BatchStarted const& e) override { lines.push_back("begun" + stages(e.batch)); }
    void onBatchCompleted(BatchCompleted const& e) override
    {
        lines.push_back("completed" + stages(e.batch));
        completed.push_back(e.batch);
    }
    void onOutputOperationStarted(OutputOperationStarted const& e) override { add("output begun", e.output); }
    void onOutputOperationCompleted(OutputOperationCompleted const& e) override
    {
        add("output done", e.output);
        outputs.push_back(e.output);
    }

private:
    void add(char const* what, OutputOperationInfo const& output)
    {
        lines.push_back(std::string(what) + ' ' + std::to_string(output.id) + (output.duration() ? " timed" : ""));
    }
};

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("a batch is submitted, begun, has its outputs one after another, and is completed")
{
    Journal journal;
    testing::Harness harness;
    auto& context = harness.context();
    context.addStreamingListener(journal);
    auto const numbers = testing::literalStream<int>(context, {{1, 2, 3}, {}});
    int line = __LINE__ + 1;
    numbers | foreachRDD([&](auto const&) { harness.clock().setTime(harness.clock().now() + 7ms); });
    numbers | foreachRDD([](auto const&, Time t) {
        if (t == Time{1s}) throw std::runtime_error{"second"};
    });
    harness.start();
    harness.advance(1s);
    harness.advance(1s);
    context.stop();
    CHECK(journal.lines == Lines{"started 0 ms", "submitted 1000 ms:", "begun 1000 ms: scheduled", "output begun 0", "output done 0 timed",
                                 "output begun 1", "output done 1 timed", "completed 1000 ms: scheduled processed total",
                                 "submitted 2000 ms:", "begun 2000 ms: scheduled", "output begun 0", "output done 0 timed",
                                 "output begun 1", "output done 1 timed", "completed 2000 ms: scheduled processed total"});

    REQUIRE(journal.completed.size() == 2);
    auto const& batch = journal.completed[0];
    CHECK(batch.numRecords() == 3);
    REQUIRE(batch.inputs.size() == 1);
    CHECK(batch.inputs[0].inputStreamId == 0);
    CHECK(batch.submissionTime == Time{1s});
    CHECK(batch.schedulingDelay() == 0s);
    CHECK(batch.processingDelay() == 7ms);
    CHECK(batch.totalDelay() == 7ms);
    CHECK(journal.completed[1].numRecords() == 0);

    REQUIRE(batch.outputOperations.size() == 2);
    CHECK(batch.outputOperations[0].name == "foreachRDD at " + std::string(__FILE__) + ':' + std::to_string(line));
    CHECK(batch.outputOperations[0].description == "sluice::foreachRDD (" + std::string(__FILE__) + ':' + std::to_string(line) + ')');
    CHECK(batch.outputOperations[0].batchTime == Time{1s});
    CHECK(batch.outputOperations[0].startTime == Time{1s});
    CHECK(batch.outputOperations[0].endTime == Time{1007ms});
    CHECK(batch.outputOperations[0].duration() == 7ms);
    CHECK(!batch.outputOperations[0].failureReason);
    CHECK(has(batch.outputOperations[1].failureReason.value(), "second"));
    CHECK(has(journal.outputs[1].failureReason.value(), "batch 1000 ms"));
    CHECK(!journal.completed[1].outputOperations[1].failureReason);
}

TEST_CASE("a batch without jobs tells nothing, and one whose jobs cannot be planned neither")
{
    Journal journal;
    testing::Harness harness;
    harness.context().addStreamingListener(journal);
    testing::literalStream<int>(harness.context(), {std::nullopt, {1}, {2}}) | transform([](auto batch, Time t) {
        if (t == Time{2s}) throw std::runtime_error{"no"};
        return batch;
    }) | foreachRDD([](auto const&) {});
    harness.start();
    harness.advance(3s);
    harness.context().stop();
    CHECK(journal.lines == Lines{"started 0 ms", "submitted 3000 ms:", "begun 3000 ms: scheduled", "output begun 0", "output done 0 timed",
                                 "completed 3000 ms: scheduled processed total"});
}

TEST_CASE("an output without RDD has no events, and the others keep their ids")
{
    Journal journal;
    testing::Harness harness;
    harness.context().addStreamingListener(journal);
    testing::literalStream<int>(harness.context(), {std::nullopt}) | foreachRDD([](auto const&) {});
    testing::literalStream<int>(harness.context(), {{1}}) | foreachRDD([](auto const&) {});
    harness.start();
    harness.advance(1s);
    harness.context().stop();
    CHECK(journal.lines == Lines{"started 0 ms", "submitted 1000 ms:", "begun 1000 ms: scheduled", "output begun 1", "output done 1 timed",
                                 "completed 1000 ms: scheduled processed total"});
}

TEST_CASE("a listener that throws or is slow delays no batch, and others are told")
{
    struct Slow : StreamingListener {
        std::atomic<bool> goOn = false;
        int calls = 0;
        void onBatchStarted(BatchStarted const&) override
        {
            ++calls;
            goOn.wait(false);
            throw std::runtime_error{"slow and bad"};
        }
    } slow;
    Journal journal;
    std::vector<std::string> told;
    testing::Harness harness{{.log = [&](LogEntry const& entry) { told.push_back(entry.text); }}};
    harness.context().addStreamingListener(slow);
    harness.context().addStreamingListener(journal);
    int batches = 0;
    testing::literalStream<int>(harness.context(), {}) | foreachRDD([&](auto const&) { ++batches; });
    harness.start();
    harness.advance(3s);  // returns, although the listener is in its first call
    CHECK(batches == 3);
    slow.goOn = true;
    slow.goOn.notify_all();
    harness.context().stop();
    CHECK(slow.calls == 3);
    CHECK(journal.completed.size() == 3);
    REQUIRE(told.size() == 3);
    CHECK(has(told[0], "a listener threw: slow and bad"));
}

TEST_CASE("a listener that is removed is not called any more")
{
    Journal first;
    Journal second;
    testing::Harness harness;
    harness.context().addStreamingListener(first);
    harness.context().addStreamingListener(second);
    testing::literalStream<int>(harness.context(), {}) | foreachRDD([](auto const&) {});
    harness.start();
    harness.advance(1s);
    harness.context().removeStreamingListener(first);
    auto const told = first.lines.size();
    harness.advance(1s);
    harness.context().stop();
    CHECK(first.lines.size() == told);
    CHECK(second.completed.size() == 2);
}

TEST_CASE("a listener may remove itself, and another")
{
    struct Once : Journal {
        StreamingContext* context = nullptr;
        StreamingListener* other = nullptr;
        void onBatchCompleted(BatchCompleted const& e) override
        {
            Journal::onBatchCompleted(e);
            context->removeStreamingListener(*this);
            context->removeStreamingListener(*other);
        }
    } once;
    Journal before;
    Journal after;
    testing::Harness harness;
    once.context = &harness.context();
    once.other = &before;
    harness.context().addStreamingListener(before);
    harness.context().addStreamingListener(once);
    harness.context().addStreamingListener(after);
    testing::literalStream<int>(harness.context(), {}) | foreachRDD([](auto const&) {});
    harness.start();
    harness.advance(3s);
    harness.context().stop();
    CHECK(once.completed.size() == 1);
    CHECK(before.completed.size() == 1);
    CHECK(after.completed.size() == 3);
}

TEST_CASE("what was posted before the stop is told, and nothing after it")
{
    Journal journal;
    testing::Harness harness;
    harness.context().addStreamingListener(journal);
    testing::literalStream<int>(harness.context(), {}) | foreachRDD([](auto const&) {});
    harness.start();
    harness.advance(100s);
    harness.context().stop();
    CHECK(journal.completed.size() == 100);
    auto const told = journal.lines.size();
    Journal late;
    harness.context().addStreamingListener(late);
    harness.advance(5s);
    CHECK(journal.lines.size() == told);
    CHECK(late.lines.empty());
}

TEST_CASE("a batch that waits for the one before it has a scheduling delay, and a total delay of two parts")
{
    Journal journal;
    testing::Harness harness{{.master = "local[1]"}};
    harness.context().addStreamingListener(journal);
    std::atomic<bool> begun = false;
    std::atomic<bool> goOn = false;
    testing::literalStream<int>(harness.context(), {}) | foreachRDD([&](auto const&, Time t) {
        if (t == Time{1s}) {
            begun = true;
            begun.notify_all();
            goOn.wait(false);
        } else {
            harness.clock().advance(7ms);
        }
    });
    harness.start();
    harness.clock().advance(1s);
    begun.wait(false);
    harness.clock().advance(1s);  // the second one waits from now on
    harness.clock().advance(300ms);
    goOn = true;
    goOn.notify_all();
    harness.context().awaitBatches();
    harness.context().stop();
    REQUIRE(journal.completed.size() == 2);
    CHECK(journal.completed[0].submissionTime == Time{1s});
    CHECK(journal.completed[0].schedulingDelay() == 0s);
    CHECK(journal.completed[0].processingDelay() == 1300ms);
    auto const& second = journal.completed[1];
    CHECK(second.batchTime == Time{2s});
    CHECK(second.submissionTime == Time{2s});
    CHECK(second.processingStartTime == Time{2300ms});
    CHECK(second.processingEndTime == Time{2307ms});
    CHECK(second.schedulingDelay() == 300ms);
    CHECK(second.processingDelay() == 7ms);
    CHECK(second.totalDelay() == 307ms);
}

namespace {

/// One listener that is added in the job of the second batch, where others are there already or are not.
std::vector<std::string> addedInSecond(bool others)
{
    Journal first;
    Journal late;
    testing::Harness harness{{.master = "local[1]"}};
    auto& context = harness.context();
    if (others) context.addStreamingListener(first);
    testing::literalStream<int>(context, {}) | foreachRDD([&](auto const&, Time t) {
        if (t == Time{2s}) context.addStreamingListener(late);
    });
    harness.start();
    harness.advance(1s);
    harness.advance(1s);
    harness.advance(1s);
    context.stop();
    return late.lines;
}

Lines const third{"submitted 3000 ms:", "begun 3000 ms: scheduled", "output begun 0", "output done 0 timed",
                  "completed 3000 ms: scheduled processed total"};

}  // namespace

TEST_CASE("a listener that is added between two batches is told of all of the next one")
{
    for (auto const* const master : {"inline", "local[1]"}) {
        CAPTURE(master);
        Journal late;
        testing::Harness harness{{.master = master}};
        testing::literalStream<int>(harness.context(), {}) | foreachRDD([](auto const&) {});
        harness.start();
        harness.advance(1s);
        harness.context().addStreamingListener(late);
        harness.advance(1s);
        harness.context().stop();
        CHECK(late.lines == Lines{"submitted 2000 ms:", "begun 2000 ms: scheduled", "output begun 0", "output done 0 timed",
                                  "completed 2000 ms: scheduled processed total"});
    }
}

TEST_CASE("a listener that is added within a job is told of all of the next batch, and of nothing but that where it is alone")
{
    CHECK(addedInSecond(false) == third);
    auto const lines = addedInSecond(true);  // the rest of the second one, as far as it is told then
    REQUIRE(lines.size() >= third.size());
    CHECK(std::equal(third.rbegin(), third.rend(), lines.rbegin()));
}

TEST_CASE("the log is called once at a time, and what it throws is nobody's concern")
{
    std::atomic<int> inside = 0;
    std::atomic<int> most = 0;
    int calls = 0;  // the log's lock guards it
    detail::Log log{[&](LogEntry const&) {
        if (++inside > 1) most = 2;
        ++calls;
        std::this_thread::yield();
        --inside;
        throw std::runtime_error{"the log is full"};
    }};
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&log] {
            for (int k = 0; k < 500; ++k) log(LogLevel::info, {}, {}, "text");
        });
    }
    for (auto& thread : threads) thread.join();
    CHECK(calls == 2000);
    CHECK(most == 0);
}

TEST_CASE("a log that throws stops no batch")
{
    for (auto const* const master : {"inline", "local[1]"}) {
        CAPTURE(master);
        int told = 0;
        int batches = 0;
        testing::Harness harness{{.master = master, .log = [&](LogEntry const&) {
                                      ++told;
                                      throw std::runtime_error{"the log is full"};
                                  }}};
        testing::literalStream<int>(harness.context(), {}) | foreachRDD([&](auto const&) {
            ++batches;
            throw std::runtime_error{"bad"};
        });
        harness.start();
        harness.advance(3s);
        CHECK(batches == 3);
        CHECK(harness.context().getState() == ContextState::active);
        harness.context().stop();
        CHECK(told == 6);  // the failure of each, and that it is skipped
    }
}

namespace {

/// Its first call waits until it is let go.
struct Held : StreamingListener {
    std::atomic<bool> called = false;
    std::atomic<bool> goOn = false;
    std::int64_t events = 0;
    std::vector<std::int64_t> dropped;

    void onStreamingStarted(StreamingStarted const&) override
    {
        ++events;
        called = true;
        called.notify_all();
        goOn.wait(false);
    }
    void onBatchSubmitted(BatchSubmitted const&) override { ++events; }
    void onBatchStarted(BatchStarted const&) override { ++events; }
    void onBatchCompleted(BatchCompleted const&) override { ++events; }
    void onOutputOperationStarted(OutputOperationStarted const&) override { ++events; }
    void onOutputOperationCompleted(OutputOperationCompleted const&) override { ++events; }
    void onEventsDropped(EventsDropped const& e) override { dropped.push_back(e.count); }
    void letGo()
    {
        goOn = true;
        goOn.notify_all();
    }
};

}  // namespace

TEST_CASE("10,000 events wait for a slow listener; those beyond are dropped, counted and told")
{
    Held held;
    std::vector<std::string> told;  // read when the context has stopped
    testing::Harness harness{{.master = "inline", .log = [&](LogEntry const& entry) { told.push_back(entry.text); }}};
    StatisticsListener statistics;
    harness.context().addStreamingListener(held);
    harness.context().addStreamingListener(statistics);
    testing::literalStream<int>(harness.context(), {}) | foreachRDD([](auto const&) {});
    harness.start();
    held.called.wait(false);
    harness.advance(2500s);  // five events each; with the first one that waits, one too many for the limit
    held.letGo();
    harness.context().stop({.gracefully = true, .deadline = 100s});
    CHECK(held.events == 10'000);
    CHECK(held.dropped == std::vector<std::int64_t>{2501});
    CHECK(statistics.now().totalDroppedEvents == 2501);
    CHECK(told == Lines{"listeners are too slow: 10000 events wait for them, and those beyond are dropped",
                        "2501 events were dropped: listeners are too slow, or memory is short"});
}

TEST_CASE("a listener that dies leaves by itself, wherever it was added")
{
    struct Counter : StreamingListener {
        std::atomic<int> batches = 0;
        Counter() = default;
        Counter(Counter const& other) : StreamingListener(other) {}
        ~Counter() override { leave(); }
        void onBatchCompleted(BatchCompleted const&) override { ++batches; }
    };
    testing::Harness first{{.master = "local[1]"}};
    testing::Harness second{{.master = "local[1]"}};
    Journal stays;
    {
        Counter goes;
        Counter const copy{goes};  // is added nowhere
        for (auto* const harness : {&first, &second}) {
            harness->context().addStreamingListener(goes);
            testing::literalStream<int>(harness->context(), {}) | foreachRDD([](auto const&) {});
            harness->start();
            harness->advance(1s);
        }
        first.await("all is told", [&] { return goes.batches == 2; });
        first.context().addStreamingListener(stays);
    }
    first.advance(1s);
    second.advance(1s);
    first.context().stop();
    CHECK(stays.completed.size() == 1);
    std::optional<testing::Harness> gone{std::in_place};
    Journal survives;
    gone->context().addStreamingListener(survives);
    gone.reset();  // and then the listener goes
}

TEST_CASE("a listener that leaves in its destructor may be in a call then: it is waited for")
{
    struct Careful : StreamingListener {
        std::atomic<int>* inside;
        std::vector<std::string> own{"of", "its", "own"};
        explicit Careful(std::atomic<int>& count) : inside(&count) {}
        ~Careful() override { leave(); }
        void onBatchStarted(BatchStarted const&) override
        {
            *inside = 1;
            inside->notify_all();
            std::this_thread::yield();
            own.push_back("more");
            *inside = 2;
        }
    };
    testing::Harness harness{{.master = "local[1]"}};
    testing::literalStream<int>(harness.context(), {}) | foreachRDD([](auto const&) {});
    std::atomic<int> inside = 0;
    {
        Careful listener{inside};
        harness.context().addStreamingListener(listener);
        harness.start();
        harness.clock().advance(1s);
        inside.wait(0);
    }
    CHECK(inside == 2);
}

TEST_CASE("a listener that a shared_ptr holds lasts until it is removed, or the context is gone")
{
    auto const journal = std::make_shared<Journal>();
    std::weak_ptr<Journal> watched = journal;
    std::weak_ptr<Journal> kept;
    {
        testing::Harness harness{{.master = "inline"}};
        CHECK_THROWS_WITH_AS(harness.context().addStreamingListener(std::shared_ptr<Journal>{}),
                             "sluice::StreamingContext::addStreamingListener(listener): the pointer to it is null", InvalidArgument);
        testing::literalStream<int>(harness.context(), {}) | foreachRDD([](auto const&) {});
        harness.context().addStreamingListener(journal);
        {
            auto other = std::make_shared<Journal>();
            kept = other;
            harness.context().addStreamingListener(std::move(other));
        }
        harness.start();
        harness.advance(1s);
        harness.await("the batch is told", [&] { return harness.context().getState() == ContextState::active; });
        harness.context().removeStreamingListener(journal);
        CHECK(watched.use_count() == 1);
        harness.advance(1s);
        harness.context().stop();
        CHECK(kept.lock()->completed.size() == 2);
    }
    CHECK(kept.expired());
    CHECK(journal->completed.size() <= 1);
}

TEST_CASE("a listener that a shared_ptr holds may remove itself")
{
    struct Once : StreamingListener {
        StreamingContext* context;
        std::atomic<int>* calls;
        std::string own = "is there still when the call ends";
        Once(StreamingContext& from, std::atomic<int>& count) : context(&from), calls(&count) {}
        void onBatchCompleted(BatchCompleted const&) override
        {
            context->removeStreamingListener(*this);
            if (own.size() > 1) ++*calls;
        }
    };
    std::atomic<int> calls = 0;
    testing::Harness harness{{.master = "inline"}};
    testing::literalStream<int>(harness.context(), {}) | foreachRDD([](auto const&) {});
    harness.context().addStreamingListener(std::make_shared<Once>(harness.context(), calls));
    harness.start();
    harness.advance(3s);
    harness.context().stop();
    CHECK(calls == 1);
}

TEST_CASE("a listener that is added several times is told as often, in its places, and leaves all of them at once")
{
    struct Letter : StreamingListener {
        Letter(std::string& text, char c) : told(text), letter(c) {}
        void onBatchStarted(BatchStarted const&) override { told += letter; }
        std::string& told;
        char letter;
    };
    for (bool const leaves : {false, true}) {
        std::string told;
        testing::Harness harness;
        auto& context = harness.context();
        Letter a{told, 'a'};
        Letter b{told, 'b'};
        auto const c = std::make_shared<Letter>(told, 'c');
        testing::literalStream<int>(context, {{1}}) | foreachRDD([](auto const&) {});
        for (int i = 0; i < 3; ++i) {
            context.addStreamingListener(a);
            context.addStreamingListener(b);
            context.addStreamingListener(c);
        }
        if (leaves) {
            context.removeStreamingListener(a);
            context.removeStreamingListener(c);
            context.addStreamingListener(a);
        }
        harness.start();
        harness.advance(1s);
        context.stop({.gracefully = true});
        CHECK(told == (leaves ? "bbba" : "abcabcabc"));
    }
}

TEST_CASE("whoever of many leaves, also while they are told: those that are left are told once, in their order")
{
    struct Numbered : StreamingListener {
        int number = 0;
        std::vector<int>* order = nullptr;
        std::vector<std::unique_ptr<Numbered>>* leave = nullptr;  // by the one that is told first
        void onBatchCompleted(BatchCompleted const&) override
        {
            order->push_back(number);
            if (number != 50 || leave == nullptr) return;
            for (std::size_t i = 0; i < 100; ++i) {
                if (i % 4 != 2) (*leave)[i].reset();
            }
            leave = nullptr;
        }
    };
    std::vector<int> order;
    std::vector<std::unique_ptr<Numbered>> all;
    testing::Harness harness;
    auto& context = harness.context();
    testing::literalStream<int>(context, {{1}, {2}}) | foreachRDD([](auto const&) {});
    for (int i = 0; i < 100; ++i) {
        all.push_back(std::make_unique<Numbered>());
        all.back()->number = i;
        all.back()->order = &order;
        context.addStreamingListener(*all.back());
    }
    all[50]->leave = &all;
    context.removeStreamingListener(*all[1]);
    harness.start();
    harness.advance(2s);
    context.stop({.gracefully = true});

    std::vector<int> expected;
    for (int i = 0; i <= 50; ++i) {
        if (i != 1) expected.push_back(i);
    }
    for (int round = 0; round < 2; ++round) {
        for (int i = round == 0 ? 51 : 0; i < 100; ++i) {
            if (i % 4 == 2) expected.push_back(i);
        }
    }
    CHECK(order == expected);
}
