#include <sluice/operators/collect.hpp>
#include <sluice/operators/count.hpp>
#include <sluice/operators/foreach.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/outputs/foreach_rdd.hpp>
#include <sluice/runtime/accumulator.hpp>
#include <sluice/sources/queue_stream.hpp>
#include <sluice/testing/harness.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <stdexcept>
#include <thread>

using namespace sluice;
using namespace std::chrono_literals;

namespace {

/// The distinct values: of one's own.
struct Distinct {
    std::set<int> seen;
    void add(int x) { seen.insert(x); }
    void merge(Distinct const& other) { seen.insert(other.seen.begin(), other.seen.end()); }
    void reset() { seen.clear(); }
    [[nodiscard]] std::set<int> const& value() const { return seen; }
};
struct NoMerge {
    void add(int) {}
    void reset() {}
    [[nodiscard]] int value() const { return 0; }
};

}  // namespace

TEST_CASE("what can be accumulated")
{
    static_assert(AccumulatorType<LongSum> && AccumulatorType<DoubleSum> && AccumulatorType<Collected<int>> && AccumulatorType<Distinct>);
    static_assert(!AccumulatorType<NoMerge> && !AccumulatorType<int>);
}

TEST_CASE("sums, counts and averages")
{
    Context const context;
    auto const sum = longAccumulator(context, "sum");
    CHECK(sum.value() == 0);
    CHECK(sum.merged().average() == 0);
    for (int i = 1; i <= 10; ++i) sum.add(i);
    CHECK(sum.value() == 55);
    CHECK(sum.merged().sum() == 55);
    CHECK(sum.merged().count() == 10);
    CHECK(sum.merged().average() == 5.5);
    LongSum part;
    part.add(45);
    sum.merge(part);
    CHECK(sum.value() == 100);
    sum.reset();
    CHECK(sum.value() == 0);
    CHECK(sum.merged().count() == 0);
    auto const seconds = doubleAccumulator(context);
    seconds.add(0.25);
    seconds.add(1);
    CHECK(seconds.value() == 1.25);
}

TEST_CASE("a collection owns what it is given")
{
    Context const context;
    auto const words = collectionAccumulator<std::string_view>(context);
    {
        std::string text = "gone";
        words.add(text);
        text = "else";
    }
    CHECK(words.value() == std::vector<std::string>{"gone"});
}

TEST_CASE("a type of one's own begins with what is given, and is neutral when it is reset")
{
    Context const context;
    auto const distinct = accumulator(context, Distinct{{7}}, "distinct");
    std::vector<std::thread> threads;
    for (int i = 0; i < 20; ++i) {
        threads.emplace_back([distinct, i] {
            for (int k = 0; k < 100; ++k) distinct.add(i % 5);
        });
    }
    for (auto& thread : threads) thread.join();
    CHECK(distinct.value() == std::set<int>{0, 1, 2, 3, 4, 7});
    distinct.reset();
    CHECK(distinct.value().empty());
}

TEST_CASE("no addition is lost, however many threads add")
{
    Context const context;
    auto const sum = longAccumulator(context);
    std::vector<std::thread> threads;
    for (int i = 0; i < 40; ++i) {  // more than there are parts
        threads.emplace_back([sum] {
            for (int k = 0; k < 5000; ++k) sum.add(1);
        });
    }
    std::int64_t last = 0;
    for (int i = 0; i < 50; ++i) {
        auto const now = sum.value();
        CHECK(now >= last);
        last = now;
    }
    for (auto& thread : threads) thread.join();
    CHECK(sum.value() == 40 * 5000);
}

TEST_CASE("behind an action, all that its tasks have added is there")
{
    testing::Harness harness{{.master = "local[3]"}};
    RDDQueue<int> queue;
    auto const records = longAccumulator(harness.context(), "records");
    std::vector<std::int64_t> seen;
    queueStream(harness.context(), queue) | foreachRDD([&, records](auto batch) {
        batch | foreach ([records](int) { records.add(1); });
        seen.push_back(records.value());
    });
    harness.start();
    for (int i = 1; i <= 3; ++i) {
        queue.push(rdd({1, 2, 3, 4, 5, 6, 7, 8}, 8));
        harness.advance(1s);
    }
    CHECK(seen == std::vector<std::int64_t>{8, 16, 24});
}

TEST_CASE("each addition counts: of a task that fails, of a job that runs again, of records that are computed twice")
{
    testing::Harness harness{{.master = "local[1]", .onBatchFailure = retry(1)}};
    RDDQueue<int> queue;
    auto const touched = longAccumulator(harness.context());
    int attempts = 0;
    auto const numbers = queueStream(harness.context(), queue) | map([touched](int x) {
                             touched.add(1);
                             return x;
                         });
    numbers | foreachRDD([&](auto batch) {
        static_cast<void>(batch | count());
        if (++attempts == 1) throw std::runtime_error{"once"};
    });
    harness.start();
    queue.push(rdd({1, 2, 3}, 1));
    harness.advance(1s);
    CHECK(attempts == 2);
    CHECK(touched.value() == 6);
    harness.context().stop();
    harness.context().awaitTermination();
}

TEST_CASE("a context lists its accumulators, with their values as text")
{
    Context const context;
    longAccumulator(context, "a").add(3);
    collectionAccumulator<int>(context, "b").add(4);
    static_cast<void>(doubleAccumulator(context));
    auto const all = context.accumulators();
    REQUIRE(all.size() == 3);
    CHECK(all[0].id == 0);
    CHECK(all[0].name == "a");
    CHECK(all[0].value == "3");
    CHECK(all[1].value == "[4]");
    CHECK(all[2].id == 2);
    CHECK(all[2].name.empty());
    CHECK(all[2].value == "0.0");
}

TEST_CASE("an accumulator outlives its context")
{
    std::optional<LongAccumulator> kept;
    {
        Context const context;
        kept = longAccumulator(context);
        kept->add(1);
        context.stop();
        kept->add(1);
    }
    kept->add(1);
    CHECK(kept->value() == 3);
}
