#include <sluice/operators/collect.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/reduce_by_key.hpp>
#include <sluice/operators/transform.hpp>
#include <sluice/operators/update_state_by_key.hpp>
#include <sluice/outputs/foreach_rdd.hpp>
#include <sluice/runtime/batch_runner.hpp>
#include <sluice/sources/channel_stream.hpp>
#include <sluice/sources/queue_stream.hpp>
#include <sluice/testing/harness.hpp>

#include <doctest/doctest.h>

#include <functional>
#include <string>

using namespace sluice;
using namespace std::chrono_literals;

// What happens when a batch fails: Config::onBatchFailure.

namespace {

bool has(std::string const& text, std::string const& part) { return text.find(part) != std::string::npos; }

/// What listeners are told of batches, one line each, and the log.
struct Journal : StreamingListener {
    std::vector<std::string> lines;
    std::vector<BatchSkipped> skipped;
    std::atomic<int> skips = 0;

    void onBatchSubmitted(BatchSubmitted const& e) override { add("submitted", e.batch); }
    void onBatchCompleted(BatchCompleted const& e) override { add("completed", e.batch); }
    void onBatchSkipped(BatchSkipped const& e) override
    {
        add("skipped", e.batch);
        skipped.push_back(e);
        ++skips;
    }
    void onOutputOperationCompleted(OutputOperationCompleted const& e) override
    {
        lines.push_back("output " + std::to_string(e.output.id) + (e.output.failureReason ? " failed" : ""));
    }

private:
    void add(std::string const& what, BatchInfo const& batch)
    {
        lines.push_back(what + ' ' + std::to_string(batch.batchTime.milliseconds() / 1000) + ": " + std::to_string(batch.numRecords()));
    }
};

struct Program {
    Journal journal;
    std::vector<std::string> log;
    testing::Harness harness;
    detail::ChannelStream<int> source;

    explicit Program(Config config)
        : harness([&] {
              config.log = [this](LogEntry const& entry) { log.push_back(entry.text); };
              return config;
          }()),
          source(channelStream<int>(harness.context()))
    {
        harness.context().addStreamingListener(journal);
    }
    StreamingContext& context() { return harness.context(); }
    void batch(int x)
    {
        source.channel.push(x);
        harness.advance(1s);
    }
    std::string error()
    {
        try {
            static_cast<void>(context().awaitTerminationOrTimeout(0s));
        } catch (StreamError const& e) {
            return e.what();
        }
        return {};
    }
};

using Lines = std::vector<std::string>;
auto const masters = {"inline", "local[1]", "local[3]"};

}  // namespace

TEST_CASE("proceed: the other jobs run, the batch is skipped and told with its records, and the next one runs")
{
    for (auto const* const master : masters) {
        for (std::size_t const jobs : {1U, 2U}) {
            CAPTURE(master);
            Program p{{.master = master, .concurrentJobs = jobs}};
            std::atomic<int> others = 0;
            p.source.stream | foreachRDD([](auto const&, Time t) {
                if (t == Time{2s}) throw std::runtime_error{"two is bad"};
            });
            p.source.stream | foreachRDD([&](auto const&) { ++others; });
            p.harness.start();
            for (int i = 0; i < 3; ++i) p.batch(i);
            CHECK(p.context().getState() == ContextState::active);
            CHECK(has(p.error(), "two is bad"));
            CHECK(p.context().getState() == ContextState::stopped);  // what is thrown to those who wait has stopped it
            CHECK(others == 3);
            REQUIRE(p.journal.skipped.size() == 1);
            CHECK(p.journal.skipped[0].batch.batchTime == Time{2s});
            CHECK(p.journal.skipped[0].batch.numRecords() == 1);
            CHECK(has(p.journal.skipped[0].reason, "it failed: sluice::foreachRDD"));
            REQUIRE(p.log.size() == 2);
            CHECK(has(p.log[0], "two is bad"));
            CHECK(has(p.log[1], "the batch is skipped, with 1 records: it failed: "));
            if (jobs > 1) continue;
            CHECK(p.journal.lines == Lines{"submitted 1: 1", "output 0", "output 1", "completed 1: 1", "submitted 2: 1", "output 0 failed",
                                           "output 1", "completed 2: 1", "skipped 2: 1", "submitted 3: 1", "output 0", "output 1",
                                           "completed 3: 1"});
        }
    }
}

TEST_CASE("a batch whose jobs cannot be planned is skipped, too")
{
    for (std::size_t const jobs : {1U, 2U}) {
        Program p{{.concurrentJobs = jobs}};
        int ran = 0;
        p.source.stream | transform([](auto batch, Time t) { return t == Time{2s} ? throw std::runtime_error{"cannot"} : batch; }) |
            foreachRDD([&](auto const&) { ++ran; });
        p.harness.start();
        for (int i = 0; i < 3; ++i) p.batch(i);
        p.context().stop();
        CHECK(ran == 2);
        CHECK(has(p.error(), "cannot"));
        CHECK(p.journal.lines ==
              Lines{"submitted 1: 1", "output 0", "completed 1: 1", "skipped 2: 1", "submitted 3: 1", "output 0", "completed 3: 1"});
    }
}

TEST_CASE("stop: the other jobs of the batch run, then the context stops by itself, and who waits for that gets the error")
{
    for (auto const* const master : masters) {
        for (std::size_t const jobs : {1U, 2U}) {
            CAPTURE(master);
            Program p{{.master = master, .concurrentJobs = jobs, .onBatchFailure = stop}};
            std::atomic<int> others = 0;
            p.source.stream | foreachRDD([](auto const&, Time t) {
                if (t == Time{2s}) throw std::runtime_error{"two is bad"};
            });
            p.source.stream | foreachRDD([&](auto const&) { ++others; });
            p.harness.start();
            p.batch(1);
            CHECK(p.error().empty());
            p.batch(2);
            CHECK_THROWS_AS(p.context().awaitTermination(), StreamError);
            CHECK(p.context().getState() == ContextState::stopped);
            CHECK(has(p.error(), "two is bad"));
            CHECK(others == 2);
            CHECK(!p.source.channel.push(3));
            REQUIRE(p.journal.skipped.size() == 1);  // what it held is lost here, too
            CHECK(p.journal.skipped[0].batch.batchTime == Time{2s});
            CHECK(p.journal.skipped[0].batch.numRecords() == 1);
            CHECK(has(p.journal.skipped[0].reason, "it failed: sluice::foreachRDD"));
        }
    }
}

TEST_CASE("stop: no batch behind the one that failed begins, and those that waited are told")
{
    Program p{{.master = "local[2]", .onBatchFailure = stop}};
    std::atomic<bool> goOn = false;
    std::vector<Time> times;
    p.source.stream | foreachRDD([&](auto const&, Time t) {
        times.push_back(t);
        goOn.wait(false);
        throw std::runtime_error{"bad"};
    });
    p.harness.start();
    p.source.channel.push(1);
    p.harness.clock().advance(1s);
    p.source.channel.push(2);
    p.harness.clock().advance(1s);
    goOn = true;
    goOn.notify_all();
    CHECK_THROWS_AS(p.context().awaitTermination(), StreamError);
    CHECK(times == std::vector<Time>{Time{1s}});
    REQUIRE(p.journal.skipped.size() == 2);
    CHECK(has(p.journal.skipped[0].reason, "bad"));
    CHECK(p.journal.skipped[1].batch.batchTime == Time{2s});
    CHECK(p.journal.skipped[1].batch.numRecords() == 1);
    CHECK(p.journal.skipped[1].reason == "the context was stopped before it");
}

TEST_CASE("stop where the jobs cannot be planned")
{
    Program p{{.onBatchFailure = stop}};
    p.source.stream | transform([](auto batch) { return batch.numPartitions() > 0 ? throw std::runtime_error{"cannot"} : batch; }) |
        foreachRDD([](auto const&) {});
    p.harness.start();
    p.batch(1);
    CHECK_THROWS_AS(p.context().awaitTermination(), StreamError);
    CHECK(p.context().getState() == ContextState::stopped);
    CHECK(p.journal.lines == Lines{"skipped 1: 1"});
}

TEST_CASE("retry: only what failed runs again, at once, and what succeeds then was no failure")
{
    for (auto const* const master : masters) {
        for (std::size_t const jobs : {1U, 2U}) {
            CAPTURE(master);
            Program p{{.master = master, .concurrentJobs = jobs, .onBatchFailure = retry(3)}};
            std::mutex mutex;
            std::string order;
            int attempts = 0;
            p.source.stream | foreachRDD([&](auto batch, Time t) {
                CHECK((std::move(batch) | collect()) == std::vector<int>{static_cast<int>(t.milliseconds() / 1000)});
                std::lock_guard const lock{mutex};
                order += 'a';
                if (t == Time{1s} && ++attempts < 4) throw std::runtime_error{"not yet"};
            });
            p.source.stream | foreachRDD([&](auto const&) {
                std::lock_guard const lock{mutex};
                order += 'b';
            });
            p.harness.start();
            p.batch(1);
            p.batch(2);
            p.context().stop();
            p.context().awaitTermination();  // nothing has failed
            CHECK(attempts == 4);
            if (jobs == 1) CHECK(order == "aaaabab");
            CHECK(p.journal.skipped.empty());
            REQUIRE(p.log.size() == 3);
            CHECK(has(p.log[0], "it is tried again: sluice::foreachRDD"));
            if (jobs > 1) continue;
            CHECK(p.journal.lines == Lines{"submitted 1: 1", "output 0", "output 1", "completed 1: 1", "submitted 2: 1", "output 0",
                                           "output 1", "completed 2: 1"});
        }
    }
}

TEST_CASE("retry: when all is tried, the last failure is the batch's, and what was said follows")
{
    for (bool const stops : {false, true}) {
        Program p{{.onBatchFailure = retry(2).then(stops ? stop : proceed)}};
        int attempts = 0;
        p.source.stream | foreachRDD([&](auto const&) { throw std::runtime_error{"attempt " + std::to_string(++attempts)}; });
        p.harness.start();
        p.batch(1);
        if (stops) CHECK_THROWS_AS(p.context().awaitTermination(), StreamError);
        CHECK(attempts == 3);
        CHECK(p.context().getState() == (stops ? ContextState::stopped : ContextState::active));
        CHECK(has(p.error(), "attempt 3"));
        CHECK(p.journal.skipped.size() == 1);
    }
}

TEST_CASE("retry: an exchange that was made is used again, one that failed is made anew")
{
    for (auto const* const master : masters) {
        CAPTURE(master);
        testing::Harness harness{{.master = master, .onBatchFailure = retry(5)}};
        RDDQueue<int> queue;
        std::atomic<int> good = 0;
        std::atomic<int> bad = 0;
        auto const numbers = queueStream(harness.context(), queue);
        auto const key = [](int x) { return std::pair{x % 2, x}; };
        auto const plus = reduceByKey(std::plus{});
        int attempts = 0;
        std::vector<std::pair<int, int>> sums;
        numbers | map([&](int x) {
            ++good;
            return x;
        }) | map(key) |
            plus | foreachRDD([&](auto batch) {
                sums = std::move(batch) | collect();
                if (++attempts < 3) throw std::runtime_error{"behind the exchange"};
            });
        std::vector<std::pair<int, int>> others;
        numbers | map([&](int x) { return ++bad == 4 ? throw std::runtime_error{"before it"} : x; }) | map(key) | plus |
            foreachRDD([&](auto batch) { others = std::move(batch) | collect(); });
        harness.start();
        queue.push(rdd({1, 2, 3, 4}, 2));
        harness.advance(1s);
        CHECK(attempts == 3);
        CHECK(good == 4);
        CHECK(bad == 8);
        CHECK(sums.size() == 2);
        CHECK(others == sums);
        harness.context().stop();
        harness.context().awaitTermination();
    }
}

TEST_CASE("retry: what plans a batch is tried again as its jobs are")
{
    Program p{{.onBatchFailure = retry(1)}};
    int calls = 0;
    int ran = 0;
    p.source.stream | transform([&](auto batch) { return ++calls == 1 ? throw std::runtime_error{"not yet"} : batch; }) |
        foreachRDD([&](auto const&) { ++ran; });
    p.harness.start();
    p.batch(1);
    p.context().stop();
    p.context().awaitTermination();
    CHECK(calls == 2);
    CHECK(ran == 1);
    CHECK(p.journal.skipped.empty());
}

TEST_CASE("a context with state stops where nothing else is said")
{
    for (bool const state : {false, true}) {
        Program p{{}};
        p.source.stream | foreachRDD([](auto const&) { throw std::runtime_error{"bad"}; });
        if (state) p.context().core()->addState();
        p.harness.start();
        p.batch(1);
        if (state) {
            CHECK_THROWS_AS(p.context().awaitTermination(), StreamError);
            CHECK(p.context().getState() == ContextState::stopped);
        } else {
            CHECK(p.context().getState() == ContextState::active);
        }
    }
}

TEST_CASE("records that a stop without grace drops are told")
{
    Program p{{.master = "local[2]"}};
    std::atomic<bool> goOn = false;
    std::atomic<bool> begun = false;
    p.source.stream | foreachRDD([&](auto const&) {
        begun = true;
        begun.notify_all();
        goOn.wait(false);
    });
    p.harness.start();
    p.harness.clock().advance(1s);
    begun.wait(false);
    p.source.channel.push(1);
    p.source.channel.push(2);
    p.harness.clock().advance(1s);
    std::thread stopper{[&] { p.context().stop(); }};
    p.harness.await("the stop", [&] { return p.journal.skips == 1; });
    goOn = true;
    goOn.notify_all();
    stopper.join();
    REQUIRE(p.journal.skipped.size() == 1);
    CHECK(p.journal.skipped[0].batch.numRecords() == 2);
}

TEST_CASE("what follows where only retries are set, or nothing: a context with state stops, another one goes on")
{
    for (unsigned const retries : {0U, 2U}) {
        for (bool const state : {false, true}) {
            CAPTURE(retries);
            CAPTURE(state);
            Program p{{.onBatchFailure = retries == 0 ? OnBatchFailure{} : retry(retries)}};
            unsigned attempts = 0;
            std::vector<int> totals;
            p.source.stream | foreachRDD([&](auto const&, Time t) {
                if (t != Time{2s}) return;
                ++attempts;
                throw std::runtime_error{"two is bad"};
            });
            if (state) {
                p.source.stream | map([](int x) { return std::pair{0, x}; }) |
                    updateStateByKey([](std::vector<int> const& values, std::optional<int> total) -> std::optional<int> {
                        int all = total.value_or(0);
                        for (int const value : values) all += value;
                        return all;
                    }) |
                    foreachRDD([&](auto batch) {
                        for (auto const& [key, total] : std::move(batch) | collect()) totals.push_back(total);
                    });
            }
            p.harness.start();
            p.batch(1);
            p.batch(10);
            if (state) {
                CHECK_THROWS_WITH_AS(p.context().awaitTermination(), doctest::Contains("two is bad"), StreamError);
                CHECK(p.context().getState() == ContextState::stopped);
                CHECK(totals == std::vector{1, 11});
            } else {
                p.batch(100);
                CHECK(p.context().getState() == ContextState::active);
                CHECK(has(p.error(), "two is bad"));
                p.context().stop();
                CHECK(p.journal.skipped.size() == 1);
            }
            CHECK(attempts == retries + 1);
        }
    }
}
