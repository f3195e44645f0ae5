#include <sluice/operators/filter.hpp>
#include <sluice/operators/fold.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/map_values.hpp>
#include <sluice/operators/map_with_state.hpp>
#include <sluice/operators/named.hpp>
#include <sluice/operators/reduce_by_key.hpp>
#include <sluice/operators/reduce_by_key_and_window.hpp>
#include <sluice/operators/state_snapshots.hpp>
#include <sluice/operators/union_with.hpp>
#include <sluice/operators/update_state_by_key.hpp>
#include <sluice/outputs/foreach_rdd.hpp>
#include <sluice/outputs/save_as_text_files.hpp>
#include <sluice/runtime/interval_clock.hpp>
#include <sluice/sources/channel_stream.hpp>
#include <sluice/testing/harness.hpp>

#include "../counted_new.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <thread>

using namespace sluice;
using namespace sluice::tests;
using namespace std::chrono_literals;

// After warm-up, and for a steady key set, a batch allocates nothing; where keys come and go, what is held stays level.

namespace {

/// The numbers of a stream, counted by their last two digits, and the counts added up.
void addOutput(DStreamOf<int> auto numbers, std::atomic<long>& total)
{
    numbers | filter([](int x) { return x % 7 != 0; }) | map([](int x) { return std::pair{x % 100, 1}; }) |
        mapValues([](int n) { return 10 * n; }) | reduceByKey(std::plus{}) |
        map([](auto const& p) { return static_cast<long>(p.second); }) |
        foreachRDD([&total](auto batch) { total += batch | fold(0L, std::plus{}); });
}

}  // namespace

TEST_CASE("a batch of a context allocates nothing")
{
    for (auto const* const master : {"inline", "local[1]", "local[2]"}) {
        CAPTURE(std::string(master));
        ManualClock const clock;
        StreamingContext context{{.master = master, .clock = clock, .exclusive = false}, 1s};
        auto source = channelStream<int>(context);
        std::atomic<long> total = 0;
        addOutput(source.stream, total);
        context.start();
        auto const runBatch = [&] {
            for (int i = 0; i < 1000; ++i) source.channel.push(i);
            clock.advance(1s);
            context.awaitBatches();
        };
        for (int warmUp = 0; warmUp < 10; ++warmUp) runBatch();
        auto const before = allocations.load();
        for (int batch = 0; batch < 100; ++batch) runBatch();
        CHECK(allocations.load() - before == 0);
        CHECK(total == 110 * 10 * 857);
    }
}

TEST_CASE("a batch of an event loop allocates nothing")
{
    IntervalClock clock{1s};
    auto source = channelStream<int>(clock);
    std::atomic<long> total = 0;
    addOutput(source.stream, total);
    Time now{};
    clock.poll(now);
    auto const runBatch = [&] {
        for (int i = 0; i < 1000; ++i) source.channel.push(i);
        clock.poll(now = now + 1s);
    };
    for (int warmUp = 0; warmUp < 10; ++warmUp) runBatch();
    auto const before = allocations.load();
    for (int batch = 0; batch < 100; ++batch) runBatch();
    CHECK(allocations.load() - before == 0);
    CHECK(total == 110 * 10 * 857);
}

TEST_CASE("any stream of T allocates nothing either")
{
    ManualClock const clock;
    StreamingContext context{{.master = "local[2]", .clock = clock, .exclusive = false}, 1s};
    auto source = channelStream<int>(context);
    std::atomic<long> total = 0;
    addOutput(DStream<int>{source.stream}, total);
    context.start();
    long before = 0;
    for (int batch = 0; batch < 110; ++batch) {
        if (batch == 10) before = allocations.load();
        for (int i = 0; i < 1000; ++i) source.channel.push(i);
        clock.advance(1s);
        context.awaitBatches();
    }
    CHECK(allocations.load() - before == 0);
    CHECK(total == 110 * 10 * 857);
}

TEST_CASE("unions that a loop has made allocate nothing either")
{
    IntervalClock clock{1s};
    auto source = channelStream<int>(clock);
    DStream<int> all = source.stream;
    for (int i = 0; i < 20; ++i) all = all | unionWith(source.stream | map([](int x) { return x + 1; }));
    std::atomic<long> total = 0;
    addOutput(all, total);
    clock.poll(Time{0s});
    auto now = 0s;
    auto const runBatch = [&] {
        for (int i = 0; i < 1000; ++i) source.channel.push(i);
        clock.poll(Time{now += 1s});
    };
    for (int warmUp = 0; warmUp < 10; ++warmUp) runBatch();
    auto const before = allocations.load();
    for (int batch = 0; batch < 100; ++batch) runBatch();
    CHECK(allocations.load() - before == 0);
    CHECK(total > 0);
}

TEST_CASE("where keys come and go, what lives longer than a batch holds no more after many batches than after some")
{
    constexpr int batches = 4'000;  // as many as 100000: benchmarks/state
    using Held = std::vector<StreamHeldInfo>;
    struct Watch : StreamingListener {
        void onBatchCompleted(BatchCompleted const& event) override
        {
            held.assign(event.batch.held.begin(), event.batch.held.end());
            told.fetch_add(1, std::memory_order_release);
        }
        void await(int n) const
        {
            while (told.load(std::memory_order_acquire) < n) std::this_thread::yield();
        }
        Held held;
        std::atomic<int> told = 0;
    } watch;
    std::atomic<long> timedOut = 0;
    std::atomic<long> seen = 0;
    {
        ManualClock const clock;
        StreamingContext context{{.master = "inline", .clock = clock, .exclusive = false}, 1s};
        context.addStreamingListener(watch);
        auto source = channelStream<std::pair<long, int>>(context);
        auto const count = [&timedOut](long, std::optional<int> one, State<long>& state) {
            if (state.isTimingOut()) return ++timedOut, state.get();
            state.update(state.getOption().value_or(0) + *one);
            return state.get();
        };
        auto const counted = source.stream | mapWithState(StateSpec{count}.timeout(40s)) | named("mapped");
        counted | foreachRDD([&](auto batch) { batch | fold(0L, std::plus{}); });
        counted | stateSnapshots() |
            foreachRDD([&](auto batch) { seen += batch | map([](long, long) { return 1L; }) | fold(0L, std::plus{}); });
        auto const fade = [](std::vector<int> const& values, std::optional<int> left) -> std::optional<int> {
            int const next = values.empty() ? left.value_or(0) - 1 : 40;
            return next > 0 ? std::optional{next} : std::nullopt;
        };
        source.stream | updateStateByKey(fade) | named("updated") |
            foreachRDD([](auto batch) { batch | map([](long, int n) { return n; }) | fold(0, std::plus{}); });
        source.stream | reduceByKeyAndWindow(std::plus{}, 60s) | named("window") |
            foreachRDD([](auto batch) { batch | map([](long, int n) { return n; }) | fold(0, std::plus{}); });
        context.start();

        // Of twenty records a batch two are of new keys, the others of those of the last ten batches.
        Held early;
        long liveThen = 0;
        for (int t = 0; t < batches; ++t) {
            for (int i = 0; i < 20; ++i) source.channel.push({2 * t - (i < 2 ? -i : i), 1});
            clock.advance(1s);
            context.awaitBatches();
            watch.await(t + 1);  // events that pile up leave memory for as many
            if (t == 499) early = watch.held, liveThen = live;
        }
        CHECK(live - liveThen < 200);
        context.stop();
        context.awaitTermination();
        REQUIRE(early.size() == 3);
        REQUIRE(watch.held.size() == 3);
        for (std::size_t i = 0; i < 3; ++i) {
            CAPTURE(early[i].name);
            CHECK(watch.held[i].name == early[i].name);
            CHECK(early[i].keys > 0);
            CHECK(watch.held[i].keys == early[i].keys);
            CHECK(watch.held[i].bytes <= early[i].bytes + early[i].bytes / 4);
        }
    }
    CHECK(timedOut > 2L * batches - 200);
    CHECK(seen > 0);
}

TEST_CASE("a context for each job, with paths of its own, leaves nothing behind")
{
    long before = 0;
    for (int job = 0; job < 30; ++job) {
        if (job == 10) before = live;
        IntervalClock clock{1s};
        auto const numbers = channelStream<int>(clock).stream;
        numbers | saveAsTextFiles("a directory that is named after its job/" + std::to_string(job));
        numbers | saveAsTextFiles("another one/" + std::to_string(job));
    }
    CHECK(live == before);
}
