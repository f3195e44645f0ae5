#include <sluice/operators/filter.hpp>
#include <sluice/operators/fold.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/map_values.hpp>
#include <sluice/operators/reduce_by_key.hpp>
#include <sluice/outputs/foreach_rdd.hpp>
#include <sluice/runtime/interval_clock.hpp>
#include <sluice/sources/channel_stream.hpp>
#include <sluice/testing/harness.hpp>

#include <doctest/doctest.h>

#include <cstdlib>
#include <functional>
#include <new>
#include <string>

using namespace sluice;
using namespace std::chrono_literals;

// After warm-up, and for a steady key set, a batch allocates nothing.

namespace {

std::atomic<long> allocations = 0;

/// The numbers of a stream, counted by their last two digits, and the counts added up.
void addOutput(DStreamOf<int> auto numbers, std::atomic<long>& total)
{
    numbers | filter([](int x) { return x % 7 != 0; }) | map([](int x) { return std::pair{x % 100, 1}; }) | mapValues([](int n) { return 10 * n; }) |
        reduceByKey(std::plus{}) | map([](auto const& p) { return static_cast<long>(p.second); }) |
        foreachRDD([&total](auto batch) { total += batch | fold(0L, std::plus{}); });
}

}  // namespace

// Not inlined: g++ would see malloc meet delete, and take that for a mistake. The thread sanitizer of clang brings its
// own, which cannot be replaced.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define SLUICE_OWN_NEW
#endif
#endif
#ifndef SLUICE_OWN_NEW
[[gnu::noinline]] void* operator new(std::size_t bytes)
{
    allocations.fetch_add(1, std::memory_order_relaxed);
    if (void* const memory = std::malloc(bytes > 0 ? bytes : 1)) return memory;
    throw std::bad_alloc{};
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
#endif

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
