#include <sluice/operators/cache.hpp>
#include <sluice/operators/collect.hpp>
#include <sluice/operators/fold.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/reduce_by_key.hpp>
#include <sluice/operators/reduce_by_key_and_window.hpp>
#include <sluice/operators/transform.hpp>
#include <sluice/outputs/foreach_rdd.hpp>
#include <sluice/runtime/job_scheduler.hpp>
#include <sluice/sources/channel_stream.hpp>
#include <sluice/sources/queue_stream.hpp>
#include <sluice/testing/harness.hpp>
#include <sluice/testing/run_batches.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace sluice;
using namespace std::chrono_literals;

namespace {

bool has(std::string const& text, std::string const& part) { return text.find(part) != std::string::npos; }

/// Hands on the error that ended up with those who await the end.
template <class F>
void withError(StreamingContext& context, F const& check)
{
    try {
        static_cast<void>(context.awaitTerminationOrTimeout(0s));
    } catch (StreamError const& error) {
        return check(error);
    }
    FAIL("no error");
}

struct Program {
    ManualClock clock;
    StreamingContext context;
    RDDQueue<int> queue;
    DStream<int> numbers;

    explicit Program(std::string const& master = "inline", Time now = Time{}, Duration interval = 1s, OnBatchFailure onBatchFailure = {})
        : clock(now),
          context({.master = master, .onBatchFailure = onBatchFailure, .clock = clock, .exclusive = false}, interval),
          numbers(queueStream(context, queue))
    {
    }
    void advance(Duration d)
    {
        clock.advance(d);
        context.awaitBatches();
    }
};

}  // namespace

TEST_CASE("the first batch is at the next multiple of the interval, strictly after now")
{
    auto const first = [](Time now, Duration interval) {
        Program p{"inline", now, interval};
        std::vector<Time> times;
        p.numbers | foreachRDD([&](auto const&, Time t) { times.push_back(t); });
        p.context.start();
        CHECK(p.context.core()->zero() == now.floor(interval));
        p.advance(interval);
        REQUIRE(times.size() == 1);
        return times[0];
    };
    CHECK(first(Time{0s}, 1s) == Time{1s});
    CHECK(first(Time{12345ms}, 1s) == Time{13s});
    CHECK(first(Time{12s}, 1s) == Time{13s});
    CHECK(first(Time{12'999'999us}, 1s) == Time{13s});
    CHECK(first(Time{12345ms}, 700ms) == Time{12600ms});
}

TEST_CASE("ticks that come late are batches of their own, back to back, each with its own time")
{
    for (auto const* const master : {"inline", "local[1]", "local[2]"}) {
        Program p{master, Time{1500ms}};
        std::vector<Time> times;
        p.numbers | foreachRDD([&](auto const&, Time t) { times.push_back(t); });
        p.context.start();
        p.advance(5s);
        CHECK(times == std::vector<Time>{Time{2s}, Time{3s}, Time{4s}, Time{5s}, Time{6s}});
    }
}

TEST_CASE("a valid time lies on the grid behind zero")
{
    Program p{"inline", Time{1500ms}};
    p.numbers | foreachRDD([](auto const&) {});
    p.context.start();
    auto const& graph = *p.context.core();
    CHECK(!graph.isValid(Time{1s}, 1s));
    CHECK(graph.isValid(Time{2s}, 1s));
    CHECK(!graph.isValid(Time{2500ms}, 1s));
    CHECK(!graph.isValid(Time{2s}, 2s));
    CHECK(graph.isValid(Time{3s}, 2s));
}

TEST_CASE("outputs run in the order of their registration, batches in the order of their times")
{
    for (auto const* const master : {"inline", "local[1]", "local[4]"}) {
        Program p{master};
        std::string order;
        for (char name = 'a'; name < 'd'; ++name) {
            p.numbers | foreachRDD([&order, name](auto const&, Time t) { order += name + std::to_string(t.milliseconds() / 1000); });
        }
        p.context.start();
        p.advance(3s);
        CHECK(order == "a1b1c1a2b2c2a3b3c3");
    }
}

TEST_CASE("a job that fails stops neither the others nor later batches")
{
    for (auto const* const master : {"inline", "local[2]"}) {
        Program p{master};
        std::string order;
        p.numbers | foreachRDD([&](auto const&) { order += 'a'; });
        p.numbers | foreachRDD([&](auto const&) {
            order += 'b';
            throw std::runtime_error{"b fails"};
        });
        p.numbers | foreachRDD([&](auto const&) { order += 'c'; });
        p.context.start();
        p.advance(2s);
        CHECK(order == "abcabc");
        withError(p.context, [](StreamError const& error) { CHECK(has(error.what(), "b fails")); });
    }
}

TEST_CASE("an error names the operator, the line, the batch and the partition, and has its cause in it")
{
    Program p{"local[2]"};
    p.numbers | map([](int x) { return x == 4 ? throw std::out_of_range{"four"} : x; }) |
        foreachRDD([](auto batch) { static_cast<void>(batch | collect()); });
    int const line = __LINE__ - 2;
    p.context.start();
    p.queue.push(rdd({1, 2, 3, 4}, 2));
    p.advance(1s);
    withError(p.context, [&](StreamError const& error) {
        CHECK(std::string{error.what()} ==
              "sluice::map (" + std::string(__FILE__) + ':' + std::to_string(line) + "), batch 1000 ms, partition 1: four");
        CHECK(error.partition() == 1);
        CHECK(error.batchTime() == 1'000'000);
        CHECK(std::string{error.label().kind} == "map");
        CHECK(error.others().empty());
        CHECK_THROWS_WITH_AS(std::rethrow_if_nested(error), "four", std::out_of_range);
    });
}

TEST_CASE("what an output throws itself names the output")
{
    Program p;
    p.numbers | foreachRDD([](auto const&) { throw 42; });
    int const line = __LINE__ - 1;
    p.context.start();
    p.advance(1s);
    withError(p.context, [&](StreamError const& error) {
        CHECK(std::string{error.what()} ==
              "sluice::foreachRDD (" + std::string(__FILE__) + ':' + std::to_string(line) + "), batch 1000 ms: the int 42 was thrown");
        CHECK_THROWS_AS(std::rethrow_if_nested(error), int);
    });
}

TEST_CASE("an error of ours that a function throws by itself is named, too")
{
    Program p;
    auto const mapped = p.numbers | map([](int x) { return x > 0 ? throw StreamError{"own"} : x; });
    int const line = __LINE__ - 1;
    mapped | foreachRDD([](auto batch) { static_cast<void>(batch | collect()); });
    p.context.start();
    p.queue.push({1});
    p.advance(1s);
    withError(p.context, [&](StreamError const& error) {
        CHECK(std::string{error.what()} ==
              "sluice::map (" + std::string(__FILE__) + ':' + std::to_string(line) + "), batch 1000 ms, partition 0: own");
    });
}

TEST_CASE("of several partitions that fail the first one wins, and has the others")
{
    for (auto const* const master : {"inline", "local[1]", "local[2]", "local[4]"}) {
        CAPTURE(master);
        Program p{master};
        p.numbers | map([](int x) { return x % 2 == 0 ? x : throw std::runtime_error{"odd " + std::to_string(x)}; }) |
            foreachRDD([](auto batch) { static_cast<void>(batch | collect()); });
        p.context.start();
        p.queue.push(rdd({0, 1, 2, 3, 4, 5}, 6));
        p.advance(1s);
        withError(p.context, [](StreamError const& error) {
            CHECK(has(error.what(), "partition 1: odd 1"));
            REQUIRE(error.others().size() == 2);
            CHECK(has(detail::errorText(error.others()[0]), "partition 3: odd 3"));
            CHECK(has(detail::errorText(error.others()[1]), "partition 5: odd 5"));
        });
    }
}

TEST_CASE("a batch whose jobs cannot be planned is reported, and has none of them; later batches run")
{
    for (auto const* const master : {"inline", "local[2]"}) {
        Program p{master};
        std::vector<Time> seen;
        p.numbers | foreachRDD([&](auto const&, Time t) { seen.push_back(t); });
        p.numbers | transform([](auto batch, Time t) {
            if (t == Time{2s}) throw std::runtime_error{"not now"};
            return batch;
        }) | foreachRDD([&](auto const&, Time t) { seen.push_back(t); });
        p.context.start();
        p.advance(3s);
        CHECK(seen == std::vector<Time>{Time{1s}, Time{1s}, Time{3s}, Time{3s}});
        withError(p.context, [](StreamError const& error) {
            CHECK(has(error.what(), "sluice::transform (" + std::string(__FILE__)));
            CHECK(has(error.what(), "batch 2000 ms: not now"));
            CHECK_THROWS_WITH_AS(std::rethrow_if_nested(error), "not now", std::runtime_error);
        });
    }
}

TEST_CASE("what fails is told to the log, with its label and its batch")
{
    ManualClock clock;
    std::vector<LogEntry> log;
    StreamingContext context{{.master = "inline", .clock = clock, .log = [&](LogEntry const& entry) { log.push_back(entry); }}, 1s};
    queueStream(context, RDDQueue<int>{}) | foreachRDD([](auto const&) { throw std::runtime_error{"bad"}; });
    context.start();
    clock.advance(1s);
    REQUIRE(log.size() == 2);
    CHECK(log[0].level == LogLevel::error);
    CHECK(std::string{log[0].label.kind} == "foreachRDD");
    CHECK(log[0].batchTime == Time{1s});
    CHECK(has(log[0].text, "bad"));
    CHECK(log[1].level == LogLevel::warning);
    CHECK(log[1].batchTime == Time{1s});
}

TEST_CASE("a job that failed is planned and run again, as often as the settings say; those that did not fail are not")
{
    for (auto const* const master : {"inline", "local[2]"}) {
        for (int const failures : {0, 1, 2, 3}) {
            CAPTURE(master);
            CAPTURE(failures);
            int exchanges = 0;
            int attempts = 0;
            int others = 0;
            std::vector<int> seen;
            Program p{master, Time{}, 1s, retry(2)};
            auto const sums = p.numbers | map([&](int x) {
                                  if (++exchanges <= failures) throw std::runtime_error{"flaky"};
                                  return std::pair{x, x};
                              }) |
                              reduceByKey([](int a, int) { return a; }, 1);
            sums | foreachRDD([&](auto batch) {
                ++attempts;
                for (auto const& [key, value] : batch | collect()) seen.push_back(value);
            });
            p.numbers | foreachRDD([&](auto const&) { ++others; });
            p.queue.push({7});
            p.context.start();
            p.advance(1s);
            CHECK(attempts == std::min(failures, 2) + 1);
            CHECK(others == 1);
            CHECK(seen == (failures <= 2 ? std::vector{7} : std::vector<int>{}));
            p.queue.push({8});
            p.advance(1s);
            REQUIRE(!seen.empty());
            CHECK(seen.back() == 8);
            if (failures <= 2) CHECK(!p.context.awaitTerminationOrTimeout(0s));
            else withError(p.context, [](StreamError const& error) { CHECK(has(error.what(), "batch 1000 ms")); });
        }
    }
}

TEST_CASE("to plan the jobs of a batch is tried again, too")
{
    int calls = 0;
    std::vector<Time> seen;
    Program p{"inline", Time{}, 1s, retry(1)};
    p.numbers | transform([&](auto batch) {
        if (++calls == 1) throw std::runtime_error{"not now"};
        return batch;
    }) | foreachRDD([&](auto const&, Time t) { seen.push_back(t); });
    p.context.start();
    p.advance(2s);
    CHECK(seen == std::vector<Time>{Time{1s}, Time{2s}});
    CHECK(calls == 3);
    CHECK(!p.context.awaitTerminationOrTimeout(0s));
}

TEST_CASE("where the settings say to stop, a batch that failed for good is the last one; its other outputs run")
{
    for (auto const* const master : {"inline", "local[1]", "local[2]"}) {
        CAPTURE(master);
        int attempts = 0;
        std::vector<Time> others;
        Program p{master, Time{}, 1s, retry(1).then(BatchFailure::stop)};
        p.numbers | foreachRDD([&](auto const&, Time t) {
            if (t == Time{2s} && ++attempts > 0) throw std::runtime_error{"broken"};
        });
        p.numbers | foreachRDD([&](auto const&, Time t) { others.push_back(t); });
        p.context.start();
        p.clock.advance(5s);
        CHECK_THROWS_WITH_AS(p.context.awaitTermination(), doctest::Contains("broken"), StreamError);
        while (p.context.getState() != ContextState::stopped) std::this_thread::yield();
        CHECK(attempts == 2);
        CHECK(others == std::vector<Time>{Time{1s}, Time{2s}});
    }
}

// ---- CatchUp --------------------------------------------------------------------------------------------------------

TEST_CASE("CatchUp: a jump of the clock is all the batches that it passes, or the last one with all that came")
{
    for (auto const* const master : {"inline", "local[2]"}) {
        for (auto const catchUp : {CatchUp::all, CatchUp::latest}) {
            CAPTURE(master);
            testing::Harness harness{{.master = master, .catchUp = catchUp}};
            auto [channel, numbers] = channelStream<int>(harness.context());
            std::vector<std::pair<Time, int>> sums;
            numbers | foreachRDD([&](auto batch, Time t) { sums.emplace_back(t, std::move(batch) | fold(0, std::plus{})); });
            harness.start();
            channel.push(1);
            harness.advance(1s);
            channel.push(10);
            harness.advance(3500ms);  // to 4.5 s
            channel.push(100);
            harness.advance(500ms);
            if (catchUp == CatchUp::latest) {
                CHECK(sums == std::vector<std::pair<Time, int>>{{Time{1s}, 1}, {Time{4s}, 10}, {Time{5s}, 100}});
            } else {
                CHECK(sums ==
                      std::vector<std::pair<Time, int>>{{Time{1s}, 1}, {Time{2s}, 10}, {Time{3s}, 0}, {Time{4s}, 0}, {Time{5s}, 100}});
            }
        }
    }
}

TEST_CASE("CatchUp::latest: one batch waits for its turn, never a queue; what comes meanwhile is in the next one")
{
    std::vector<std::string> told;
    testing::Harness harness{
        {.master = "local[1]", .catchUp = CatchUp::latest, .log = [&](LogEntry const& entry) { told.push_back(entry.text); }}};
    auto [channel, numbers] = channelStream<int>(harness.context());
    std::vector<std::pair<Time, int>> sums;
    std::atomic<bool> begun = false;
    std::atomic<bool> goOn = false;
    numbers | foreachRDD([&](auto batch, Time t) {
        sums.emplace_back(t, std::move(batch) | fold(0, std::plus{}));
        begun = true;
        begun.notify_all();
        goOn.wait(false);
    });
    harness.start();
    harness.clock().advance(1s);
    begun.wait(false);
    for (int i = 2, x = 1; i <= 6; ++i, x *= 10) {
        channel.push(x);
        harness.clock().advance(1s);  // the tick at 2 s waits, those up to 6 s make no batch
    }
    goOn = true;
    goOn.notify_all();
    harness.context().awaitBatches();
    harness.advance(1s);
    harness.context().stop();
    CHECK(sums == std::vector<std::pair<Time, int>>{{Time{1s}, 0}, {Time{2s}, 1}, {Time{7s}, 11110}});
    REQUIRE(told.size() == 4);
    CHECK(has(told[0], "the tick makes no batch"));
}

TEST_CASE("CatchUp::latest: a graceful stop takes all that was stored")
{
    for (auto const* const master : {"inline", "local[2]"}) {
        testing::Harness harness{{.master = master, .catchUp = CatchUp::latest}};
        auto [channel, numbers] = channelStream<int>(harness.context());
        int sum = 0;
        numbers | foreachRDD([&](auto batch) { sum += std::move(batch) | fold(0, std::plus{}); });
        harness.start();
        channel.push(1);
        harness.clock().advance(1s);
        channel.push(10);
        harness.context().stop({.gracefully = true});
        CHECK(sum == 11);
    }
}

// ---- concurrentJobs --------------------------------------------------------------------------------------------------

namespace {

/// Who comes here waits until so many are here at once.
class Meeting {
public:
    explicit Meeting(int wanted) : wanted_(wanted) {}
    void operator()()
    {
        ++here_;
        here_.notify_all();
        for (int n = here_; n < wanted_; n = here_) here_.wait(n);
    }

private:
    int wanted_;
    std::atomic<int> here_ = 0;
};

}  // namespace

TEST_CASE("concurrentJobs: two jobs of a batch are on their way at once")
{
    for (auto const* const master : {"local[1]", "local[3]"}) {
        testing::Harness harness{{.master = master, .concurrentJobs = 2}};
        auto [channel, numbers] = channelStream<int>(harness.context());
        Meeting meeting{2};
        numbers | foreachRDD([&](auto const&) { meeting(); });
        numbers | foreachRDD([&](auto const&) { meeting(); });
        harness.start();
        harness.advance(1s);
    }
}

TEST_CASE("concurrentJobs: jobs of following batches are on their way at once, of one output, too")
{
    testing::Harness harness{{.master = "local[2]", .concurrentJobs = 3}};
    auto [channel, numbers] = channelStream<int>(harness.context());
    Meeting meeting{3};
    std::mutex mutex;
    std::vector<std::pair<Time, std::vector<int>>> seen;
    numbers | foreachRDD([&](auto batch, Time t) {
        meeting();
        auto records = std::move(batch) | collect();
        std::lock_guard const lock{mutex};
        seen.emplace_back(t, std::move(records));
    });
    harness.start();
    for (int i = 1; i <= 3; ++i) {
        channel.push(i);
        harness.clock().advance(1s);
    }
    harness.context().awaitBatches();
    std::sort(seen.begin(), seen.end());
    CHECK(seen == std::vector<std::pair<Time, std::vector<int>>>{{Time{1s}, {1}}, {Time{2s}, {2}}, {Time{3s}, {3}}});
}

TEST_CASE("concurrentJobs: never more than so many")
{
    testing::Harness harness{{.master = "local[2]", .concurrentJobs = 2}};
    auto [channel, numbers] = channelStream<int>(harness.context());
    std::atomic<int> inside = 0;
    std::atomic<bool> tooMany = false;
    for (int i = 0; i < 5; ++i) {
        numbers | foreachRDD([&](auto const&) {
            if (++inside > 2) tooMany = true;
            std::this_thread::yield();
            --inside;
        });
    }
    harness.start();
    harness.advance(50s);
    CHECK(!tooMany);
}

TEST_CASE("concurrentJobs: a node's result is made once per time, and every batch gives what it gives alone")
{
    for (std::size_t const jobs : {1U, 2U, 4U}) {
        CAPTURE(jobs);
        testing::Harness harness{{.master = "local[3]", .concurrentJobs = jobs}};
        RDDQueue<int> queue;
        std::atomic<int> calls = 0;
        auto const counts = queueStream(harness.context(), queue) | map([&](int x) {
                                ++calls;
                                return std::pair{x % 3, x};
                            }) |
                            reduceByKey(std::plus{});
        DStream<std::pair<int, int>> const any = counts | map([](auto pair) { return std::pair{pair.first, 2 * pair.second}; });
        auto const kept = counts | cache();
        std::mutex mutex;
        std::map<std::pair<int, Time>, std::vector<std::pair<int, int>>> seen;
        auto const keep = [&](int output) {
            return foreachRDD([&seen, &mutex, output](auto batch, Time t) {
                auto records = std::move(batch) | collect();
                std::lock_guard const lock{mutex};
                seen[{output, t}] = std::move(records);
            });
        };
        counts | keep(0);
        any | keep(1);
        kept | keep(2);
        any | keep(3);
        harness.start();
        constexpr int batches = 40;
        for (int i = 1; i <= batches; ++i) {
            queue.push(rdd({i, i + 1, i + 2, i + 3, i + 4, i + 5}, 3));
            harness.clock().advance(1s);
        }
        harness.context().awaitBatches();
        CHECK(calls == 6 * batches);
        REQUIRE(seen.size() == 4 * batches);
        for (int i = 1; i <= batches; ++i) {
            Time const t{std::chrono::seconds{i}};
            int sums[3] = {};
            for (int x = i; x < i + 6; ++x) sums[x % 3] += x;
            auto const& one = seen[{0, t}];
            REQUIRE(one.size() == 3);
            for (auto const& [key, sum] : one) CHECK(sum == sums[key]);
            CHECK(seen[{2, t}] == one);
            CHECK(seen[{3, t}] == seen[{1, t}]);
            for (std::size_t k = 0; k < 3; ++k) CHECK(seen[{1, t}][k] == std::pair{one[k].first, 2 * one[k].second});
        }
    }
}

TEST_CASE("concurrentJobs: batches are completed in order, and the events of each are")
{
    struct Journal : StreamingListener {
        std::map<Time, std::string> events;
        std::vector<Time> completed;
        void onBatchSubmitted(BatchSubmitted const& e) override { events[e.batch.batchTime] += 's'; }
        void onBatchStarted(BatchStarted const& e) override { events[e.batch.batchTime] += 'b'; }
        void onOutputOperationStarted(OutputOperationStarted const& e) override
        {
            events[e.output.batchTime] += static_cast<char>('0' + e.output.id);
        }
        void onOutputOperationCompleted(OutputOperationCompleted const& e) override
        {
            CHECK(e.output.duration());
            events[e.output.batchTime] += static_cast<char>('A' + e.output.id);
        }
        void onBatchCompleted(BatchCompleted const& e) override
        {
            events[e.batch.batchTime] += 'c';
            completed.push_back(e.batch.batchTime);
            for (auto const& output : e.batch.outputOperations) CHECK(output.duration());
        }
    } journal;
    testing::Harness harness{{.master = "local[2]", .concurrentJobs = 3}};
    harness.context().addStreamingListener(journal);
    auto [channel, numbers] = channelStream<int>(harness.context());
    std::atomic<bool> goOn = false;
    std::atomic<int> second = 0;
    numbers | foreachRDD([&](auto const&, Time t) {
        if (t == Time{1s}) goOn.wait(false);
    });
    numbers | foreachRDD([&](auto const&) {
        if (++second == 3) {  // three batches are past the first one's job, which still runs
            goOn = true;
            goOn.notify_all();
        }
    });
    harness.start();
    harness.clock().advance(20s);
    harness.context().awaitBatches();
    harness.context().stop();
    REQUIRE(journal.completed.size() == 20);
    CHECK(std::is_sorted(journal.completed.begin(), journal.completed.end()));
    for (auto const& one : journal.events) {
        auto const& events = one.second;
        CAPTURE(events);
        REQUIRE(events.size() == 7);
        CHECK(events.substr(0, 3) == "sb0");
        CHECK(events.back() == 'c');
        CHECK(events.find('A') != std::string::npos);
        CHECK(events.find('1') < events.find('B'));
    }
}

TEST_CASE("concurrentJobs: where there is state, batches do not overlap, jobs of one batch do")
{
    testing::Harness harness{{.master = "local[2]", .concurrentJobs = 2}};
    auto [channel, numbers] = channelStream<int>(harness.context());
    harness.context().core()->addState();
    std::atomic<std::int64_t> inBatch = 0;
    std::atomic<bool> overlap = false;
    Meeting meetings[]{Meeting{2}, Meeting{2}, Meeting{2}};
    auto const job = [&](auto const&, Time t) {
        auto const k = t.milliseconds() / 1000;
        std::int64_t before = inBatch;
        while (before < k && !inBatch.compare_exchange_weak(before, k)) {}
        if (before > k) overlap = true;
        meetings[k - 1]();
        if (inBatch != k) overlap = true;
    };
    numbers | foreachRDD(job);
    numbers | foreachRDD(job);
    harness.start();
    harness.clock().advance(3s);
    harness.context().awaitBatches();
    CHECK(!overlap);
}

TEST_CASE("concurrentJobs: jobs that fail, run again and stop among others")
{
    for (int round = 0; round < 10; ++round) {
        testing::Harness harness{{.master = "local[2]", .concurrentJobs = 3, .onBatchFailure = retry(2)}};
        RDDQueue<int> queue;
        auto const numbers = queueStream(harness.context(), queue);
        std::atomic<int> good = 0;
        std::atomic<int> attempts = 0;
        for (int i = 0; i < 3; ++i) {
            numbers | foreachRDD([&](auto batch, Time t) {
                if (t.isMultipleOf(3s) && ++attempts % 2 == 0) throw std::runtime_error{"again"};
                if ((std::move(batch) | collect()) == std::vector<int>{static_cast<int>(t.milliseconds() / 1000)}) ++good;
            });
        }
        harness.start();
        for (int i = 1; i <= 30; ++i) {
            queue.push({i});
            harness.clock().advance(1s);
        }
        harness.context().awaitBatches();
        harness.context().stop();
        CHECK(good >= 3 * 30 - attempts);
        CHECK(attempts >= 30);
    }
}

TEST_CASE("concurrentJobs: none is refused")
{
    CHECK_THROWS_WITH_AS((StreamingContext{{.concurrentJobs = 0}, 1s}),
                         "sluice::Config::concurrentJobs: at least one job runs at a time, got 0", InvalidArgument);
}

TEST_CASE("concurrentJobs: it is one under the master inline, in the thread that ticks")
{
    testing::Harness harness{{.master = "inline", .concurrentJobs = 3}};
    std::atomic<int> inside = 0;
    int most = 0;
    std::string order;
    std::vector<std::thread::id> threads;
    auto const numbers = testing::literalStream<int>(harness.context(), {{1}, {2}});
    for (char name = 'a'; name < 'd'; ++name) {
        numbers | foreachRDD([&, name](auto const&) {
            most = std::max(most, ++inside);
            order += name;
            threads.push_back(std::this_thread::get_id());
            --inside;
        });
    }
    harness.start();
    std::thread::id ticker;
    std::thread thread{[&] {
        ticker = std::this_thread::get_id();
        harness.advance(2s);
    }};
    thread.join();
    CHECK(most == 1);
    CHECK(order == "abcabc");
    CHECK(threads == std::vector<std::thread::id>(6, ticker));
}

TEST_CASE("what a job that is tried again asks for is brought up to its batch then, and is not left to the next one")
{
    testing::Harness harness{{.master = "inline", .onBatchFailure = retry(1).then(proceed), .log = silent}};
    auto const numbers = testing::literalStream<int>(harness.context(), {{1, 1}, {1, 1}, {1, 1}, {1, 1}});
    int failures = 0;  // that the window is still to have
    int faults = 0;    // that the plan of a batch is still to have
    std::vector<std::pair<std::int64_t, int>> sums;
    numbers | transform([&](auto batch) {
        if (faults > 0 && faults-- > 0) throw std::runtime_error{"not planned"};
        return batch;
    }) | map([](int x) { return std::pair{x, x}; }) |
        reduceByKeyAndWindow(
            [&](int a, int b) {
                if (failures > 0 && failures-- > 0) throw std::runtime_error{"not combined"};
                return a + b;
            },
            2s) |
        foreachRDD([&](auto batch, Time t) {
            for (auto const& [key, sum] : std::move(batch) | collect()) sums.emplace_back(t.milliseconds() / 1000, sum);
        });
    harness.start();
    harness.advance(1s);
    failures = 2;  // the window's own attempts; that of the job succeeds
    harness.advance(1s);
    faults = 2;
    harness.advance(1s);
    harness.advance(1s);
    CHECK(sums == std::vector<std::pair<std::int64_t, int>>{{1, 2}, {2, 4}, {4, 2}});
}
