#include <sluice/runtime/job_scheduler.hpp>

#include <sluice/operators/collect.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/transform.hpp>
#include <sluice/outputs/foreach_rdd.hpp>
#include <sluice/sources/queue_stream.hpp>
#include <sluice/testing/harness.hpp>

#include <doctest/doctest.h>

#include <string>

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

    explicit Program(std::string const& master = "inline", Time now = Time{}, Duration interval = 1s)
        : clock(now), context({.master = master, .clock = clock, .exclusive = false}, interval), numbers(queueStream(context, queue))
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
    p.numbers | map([](int x) { return x == 4 ? throw std::out_of_range{"four"} : x; })
              | foreachRDD([](auto batch) { static_cast<void>(batch | collect()); });
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
        CHECK(std::string{error.what()} == "sluice::foreachRDD (" + std::string(__FILE__) + ':' + std::to_string(line) +
                                               "), batch 1000 ms: an exception that is no std::exception");
        CHECK_THROWS_AS(std::rethrow_if_nested(error), int);
    });
}

TEST_CASE("an error of ours that a function throws by itself is named, too")
{
    Program p;
    p.numbers | map([](int x) { return x > 0 ? throw StreamError{"own"} : x; }) | foreachRDD([](auto batch) { static_cast<void>(batch | collect()); });
    int const line = __LINE__ - 1;
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
        p.numbers | map([](int x) { return x % 2 == 0 ? x : throw std::runtime_error{"odd " + std::to_string(x)}; })
                  | foreachRDD([](auto batch) { static_cast<void>(batch | collect()); });
        p.context.start();
        p.queue.push(rdd({0, 1, 2, 3, 4, 5}, 6));
        p.advance(1s);
        withError(p.context, [](StreamError const& error) {
            CHECK(has(error.what(), "partition 1: odd 1"));
            REQUIRE(error.others().size() == 2);
            CHECK(has(detail::textOf(error.others()[0]), "partition 3: odd 3"));
            CHECK(has(detail::textOf(error.others()[1]), "partition 5: odd 5"));
        });
    }
}

TEST_CASE("a batch whose jobs cannot be described is reported, and has none of them; later batches run")
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
