#include <sluice/operators/collect.hpp>
#include <sluice/operators/filter.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/reduce_by_key.hpp>
#include <sluice/operators/transform.hpp>
#include <sluice/outputs/foreach_rdd.hpp>
#include <sluice/runtime/interval_clock.hpp>
#include <sluice/sources/pull_stream.hpp>
#include <sluice/testing/harness.hpp>

#include <doctest/doctest.h>

#include <functional>
#include <string>

using namespace sluice;
using namespace std::chrono_literals;

namespace {

/// What a source of the tests was asked for, outside of it.
struct Journal {
    std::vector<std::string> calls;
    void add(std::string call) { calls.push_back(std::move(call)); }
};

/// The numbers of the second that a batch ends, in two partitions; none in every third batch; the fifth fails.
struct Seconds {
    Journal* journal;

    void start() { journal->add("start"); }
    void stop() { journal->add("stop"); }
    auto batch(Time t)
    {
        auto const second = static_cast<int>(t.milliseconds() / 1000);
        journal->add("batch " + std::to_string(second));
        if (second == 5) throw std::runtime_error{"the fifth"};
        return second % 3 == 0 ? std::nullopt : std::optional{rdd({second, 10 * second, 100 * second}, 2)};
    }
    std::string positions(Time t) { return "until " + t.toString(); }
    int numRecords(Time) { return 3; }
};

/// Only what must be there, and nothing that can be copied.
struct Bare {
    std::unique_ptr<int> next = std::make_unique<int>(0);
    auto batch(Time) { return rdd(std::vector{++*next}); }
};

struct Inputs : StreamingListener {
    std::vector<StreamInputInfo> all;
    void onBatchCompleted(BatchCompleted const& e) override { all.push_back(e.batch.inputs.at(0)); }
};

}  // namespace

TEST_CASE("a source is asked at each tick; nothing is no RDD")
{
    Journal journal;
    std::vector<std::vector<int>> batches;
    std::vector<std::size_t> partitions;
    {
        testing::Harness harness;
        pullStream(harness.context(), Seconds{&journal}) | foreachRDD([&](auto batch) {
            partitions.push_back(batch.numPartitions());
            batches.push_back(batch | collect());
        });
        CHECK(journal.calls.empty());
        harness.start();
        harness.advance(4s);
        harness.context().stop();
    }
    CHECK(journal.calls == std::vector<std::string>{"start", "batch 1", "batch 2", "batch 3", "batch 4", "stop"});
    CHECK(batches == std::vector<std::vector<int>>{{1, 10, 100}, {2, 20, 200}, {4, 40, 400}});
    CHECK(partitions == std::vector<std::size_t>{2, 2, 2});
}

TEST_CASE("what a source throws fails its batch alone, and names the source and the batch")
{
    Journal journal;
    std::vector<int> seen;
    testing::Harness harness;
    pullStream(harness.context(), Seconds{&journal}) | foreachRDD([&](auto batch) { seen.push_back((batch | collect()).at(0)); });
    int const line = __LINE__ - 1;
    harness.start();
    harness.advance(7s);
    CHECK(seen == std::vector{1, 2, 4, 7});
    std::string text;
    try {
        harness.context().awaitTermination();
    } catch (StreamError const& error) {
        text = error.what();
        CHECK(error.batchTime() == 5'000'000);
        CHECK(error.label().at.line == line);
        CHECK_THROWS_WITH_AS(std::rethrow_if_nested(error), "the fifth", std::runtime_error);
    }
    CHECK(text.starts_with("sluice::pullStream ("));
    CHECK(text.ends_with("batch 5000 ms: the fifth"));
}

TEST_CASE("an exception that says what it is about is thrown as it is")
{
    IntervalClock clock{1s};
    bool ran = false;
    pullStream(clock, [](Time) -> RDD<int> { throw InvalidArgument{"no such thing"}; }) | foreachRDD([&](auto const&) { ran = true; });
    clock.poll(Time{0s});
    CHECK_THROWS_AS(clock.poll(Time{1s}), StreamError);
    CHECK(!ran);
}

TEST_CASE("positions belong to the batch: the first operator has them, and listeners see their text")
{
    Journal journal;
    Inputs inputs;
    std::vector<std::string> seen;
    testing::Harness harness;
    harness.context().addStreamingListener(inputs);
    auto const stream = pullStream(harness.context(), Seconds{&journal});
    stream | transform([&](auto batch) {
        seen.push_back(positionsOf(batch));
        return batch | filter([](int n) { return n < 10; });
    }) | foreachRDD([](auto const&) {});
    harness.start();
    harness.advance(2s);
    harness.context().stop();
    CHECK(seen == std::vector<std::string>{"until 1000 ms", "until 2000 ms"});
    REQUIRE(inputs.all.size() == 2);
    CHECK(inputs.all[1].inputStreamId == 0);
    CHECK(inputs.all[1].numRecords == 3);
    CHECK(inputs.all[1].description == "until 2000 ms");
}

TEST_CASE("a batch that is kept keeps its positions, too")
{
    struct Ranges {
        int at = 0;
        auto batch(Time) { return rdd(std::vector{++at}); }
        std::vector<std::pair<int, int>> positions(Time) { return {{at - 1, at}}; }
    };
    IntervalClock clock{1s};
    auto stream = pullStream(clock, Ranges{});
    std::vector<RDD<int, decltype(stream)::Batch>> kept;
    stream | foreachRDD([&](auto batch) { kept.push_back(batch); });
    clock.poll(Time{0s});
    clock.poll(Time{6s});
    REQUIRE(kept.size() == 6);
    for (int i = 0; i < 6; ++i) {
        auto const& batch = kept[static_cast<std::size_t>(i)];
        CHECK(positionsOf(batch) == std::vector{std::pair{i, i + 1}});
        CHECK((batch | collect()) == std::vector{i + 1});
    }
}

TEST_CASE("a source may be move-only, with batch() alone, and asked by the smallest engine")
{
    IntervalClock clock{1s};
    std::vector<int> seen;
    pullStream(clock, Bare{}) | foreachRDD([&](auto batch) { seen.push_back((batch | collect()).at(0)); });
    clock.poll(Time{0s});
    clock.poll(Time{3s});
    CHECK(seen == std::vector{1, 2, 3});
}

TEST_CASE("an interval clock starts a source with its first batch, and stops it when it goes")
{
    Journal journal;
    {
        IntervalClock clock{1s};
        pullStream(clock, Seconds{&journal}) | foreachRDD([](auto const&) {});
        clock.poll(Time{0s});
        clock.poll(Time{2s});
    }
    CHECK(journal.calls == std::vector<std::string>{"start", "batch 1", "batch 2", "stop"});
}

TEST_CASE("the batch is any expression, also one that exchanges, and runs on the context's workers")
{
    for (auto const* const master : {"inline", "local[1]", "local[3]"}) {
        testing::Harness harness{{.master = master}};
        std::vector<std::pair<int, int>> seen;
        pullStream(harness.context(), [](Time) {
            return rdd({1, 2, 3, 4, 5, 6}, 3) | map([](int n) { return std::pair{n % 2, n}; }) | reduceByKey(std::plus{}, 2);
        }) | foreachRDD([&](auto batch) { seen = batch | collect(); });
        harness.start();
        harness.advance(1s);
        std::sort(seen.begin(), seen.end());
        CHECK(seen == std::vector<std::pair<int, int>>{{0, 12}, {1, 9}});
    }
}

TEST_CASE("two outputs ask a source once")
{
    Journal journal;
    testing::Harness harness;
    auto const stream = pullStream(harness.context(), Seconds{&journal});
    stream | foreachRDD([](auto batch) { batch | collect(); });
    stream | map([](int n) { return n + 1; }) | foreachRDD([](auto batch) { batch | collect(); });
    harness.start();
    harness.advance(1s);
    CHECK(journal.calls == std::vector<std::string>{"start", "batch 1"});
}

TEST_CASE("sources are asked in the order in which they were made")
{
    std::string order;
    IntervalClock clock{1s};
    for (char const name : {'a', 'b', 'c'}) {
        pullStream(clock, [&order, name](Time) { return order += name, rdd({1}); }) | foreachRDD([](auto const&) {});
    }
    clock.poll(Time{0s});
    clock.poll(Time{2s});
    CHECK(order == "abcabc");
}

TEST_CASE("what start throws fails the start; what stop throws is logged")
{
    struct Sour {
        bool fails;
        void start()
        {
            if (fails) throw std::runtime_error{"sour start"};
        }
        void stop() { throw std::runtime_error{"sour stop"}; }
        auto batch(Time) { return rdd({1}); }
    };
    for (bool const fails : {true, false}) {
        std::vector<std::string> told;
        {
            testing::Harness harness{{.log = [&](LogEntry const& e) { told.push_back(std::string{e.label.kind} + ": " + e.text); }}};
            pullStream(harness.context(), Sour{fails}) | foreachRDD([](auto const&) {});
            if (fails) {
                CHECK_THROWS_AS(harness.start(), StreamError);
            } else {
                harness.start();
                harness.context().stop();
            }
            CHECK(harness.context().getState() == ContextState::stopped);
        }
        CHECK((told.empty() ? "" : told[0]) == std::string{fails ? "" : "pullStream: sour stop"});
    }
}

TEST_CASE("any stream of its records, and text that lies in the batch")
{
    IntervalClock clock{1s};
    std::vector<std::string> seen;
    DStream<std::string_view> const any = pullStream(clock, [](Time) {
        return rdd(std::vector<std::string>{"to", "be"}) | map([](std::string const& s) -> std::string_view { return s; });
    });
    any | foreachRDD([&](auto batch) { seen = batch | collect(); });
    clock.poll(Time{0s});
    clock.poll(Time{1s});
    CHECK(seen == std::vector<std::string>{"to", "be"});
}
