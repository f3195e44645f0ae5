#include <sluice/operators/collect.hpp>
#include <sluice/operators/fold.hpp>
#include <sluice/operators/reduce_by_key.hpp>
#include <sluice/operators/values.hpp>
#include <sluice/outputs/foreach_rdd.hpp>
#include <sluice/runtime/manual_clock.hpp>
#include <sluice/runtime/streaming_context.hpp>
#include <sluice/testing/run_batches.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <cstdlib>
#include <functional>
#include <new>
#include <string>
#include <thread>
#include <vector>

// Memory that is refused while a table of very many keys is divided, while its rows wait and meet, and while divided tables meet: the k-th
// allocation of a batch, for each k. What fails is told, nothing leaks, and the next batch is right. Not under the thread sanitizer of clang,
// which brings its own operators.

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define SLUICE_OWN_NEW
#endif
#endif

#ifndef SLUICE_OWN_NEW

using namespace sluice;
using namespace std::chrono_literals;

namespace {

std::atomic<long> left = 0;  // so many allocations are granted, then one is refused; 0: none is
std::atomic<long> live = 0;
std::atomic<std::size_t> largest = 0;  // bytes of one allocation

void* allocated(std::size_t bytes, std::size_t alignment)
{
    for (long n = left; n > 0;) {
        if (!left.compare_exchange_weak(n, n - 1)) continue;
        if (n == 1) throw std::bad_alloc{};
        break;
    }
    void* const at = std::aligned_alloc(alignment, (bytes + alignment) / alignment * alignment);
    if (at == nullptr) throw std::bad_alloc{};
    for (auto most = largest.load(); most < bytes && !largest.compare_exchange_weak(most, bytes);) {}
    ++live;
    return at;
}
void released(void* at)
{
    if (at != nullptr) --live;
    std::free(at);
}

}  // namespace

[[gnu::noinline]] void* operator new(std::size_t bytes) { return allocated(bytes, alignof(std::max_align_t)); }
[[gnu::noinline]] void* operator new(std::size_t bytes, std::align_val_t a) { return allocated(bytes, static_cast<std::size_t>(a)); }
[[gnu::noinline]] void operator delete(void* at) noexcept { released(at); }
[[gnu::noinline]] void operator delete(void* at, std::size_t) noexcept { released(at); }
[[gnu::noinline]] void operator delete(void* at, std::align_val_t) noexcept { released(at); }
[[gnu::noinline]] void operator delete(void* at, std::size_t, std::align_val_t) noexcept { released(at); }

namespace {

constexpr std::size_t keys = 60'000;
constexpr std::size_t waitingRows = std::size_t{16} << 20;  // bytes that only rows take which wait because a table is divided
using Row = std::pair<std::int64_t, std::int64_t>;

std::vector<Row> rows(std::int64_t value)
{
    std::vector<Row> all;
    for (std::size_t i = 0; i < keys + keys / 4; ++i) all.emplace_back(static_cast<std::int64_t>(i % keys * 7919), value);
    return all;
}

/// life(k) refuses the k-th allocation of a batch, and answers whether it came to that, and whether the batch failed: for each k, of the later ones
/// for some. Each is in a thread of its own, which keeps no memory of the one before.
struct Life {
    bool refused = false;
    bool failed = false;
};
template <class F>
void liveWithout(F const& life)
{
    int failed = 0;
    bool reached = true;
    for (long k = 1;; k += 1 + k / 12) {
        CAPTURE(k);
        auto const before = live.load();
        largest = 0;
        std::thread{[&] {
            auto const found = life(k);
            reached = found.refused;
            failed += found.failed ? 1 : 0;
            CHECK((found.refused || !found.failed));
        }}.join();
        CHECK(largest >= waitingRows);
        CHECK(live == before);
        if (!reached) break;
    }
    CHECK(failed > 10);
}

}  // namespace

TEST_CASE("a batch whose divided tables get no memory fails, leaks nothing, and the next one is right")
{
    auto const all = rows(3);
    for (std::size_t const partitions : {1U, 2U}) {
        auto const sums = [&] { return rdd(all, partitions) | reduceByKey(std::plus{}, 1) | collect(); };
        auto const expected = sums();
        REQUIRE(expected.size() == keys);
        liveWithout([&](long k) {
            Life seen;
            auto found = expected;
            try {
                left = k;
                found = sums();
            } catch (std::bad_alloc const&) {
                seen.failed = true;
            }
            seen.refused = left.exchange(0) == 0;
            CHECK(found == expected);
            CHECK(sums() == expected);
            return seen;
        });
    }
}

TEST_CASE("in a context, that batch is told as failed, and the tables of its node are right in the next one")
{
    for (auto const* const master : {"inline", "local[2]"}) {
        CAPTURE(std::string(master));
        liveWithout([&](long k) {
            Life seen;
            std::vector<std::int64_t> totals;
            std::string told;
            {
                ManualClock const clock;
                StreamingContext context{{.master = master, .onBatchFailure = proceed, .clock = clock, .exclusive = false, .log = silent},
                                         1s};
                testing::literalStream<Row>(context, {rows(1), rows(2), rows(3)}, 2) | reduceByKey(std::plus{}, 1) |
                    foreachRDD([&](auto batch) { totals.push_back(batch | values() | fold(std::int64_t{0}, std::plus{})); });
                context.start();
                for (long const n : {0L, k, 0L}) {
                    left = n;
                    clock.advance(1s);
                    try {
                        context.awaitBatches();
                    } catch (StreamError const& error) {
                        told = error.what();
                    }
                    if (n > 0) seen.refused = left.exchange(0) == 0;
                }
                context.stop();
                try {
                    context.awaitTermination();
                } catch (StreamError const& error) {
                    told = error.what();
                }
            }
            auto const total = [](std::int64_t value) { return value * static_cast<std::int64_t>(keys + keys / 4); };
            seen.failed = totals.size() == 2;
            CHECK(told.empty() != seen.failed);
            if (seen.failed) CHECK(told.find("batch 2000 ms: std::bad_alloc") != std::string::npos);
            CHECK(totals == (seen.failed ? std::vector{total(1), total(3)} : std::vector{total(1), total(2), total(3)}));
            return seen;
        });
    }
}
#endif
