#include <sluice/operators/filter.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/map_values.hpp>
#include <sluice/operators/reduce_by_key.hpp>
#include <sluice/outputs/foreach_rdd.hpp>
#include <sluice/runtime/manual_clock.hpp>
#include <sluice/runtime/streaming_context.hpp>
#include <sluice/sources/channel_stream.hpp>

#include "../allocations.hpp"
#include "../runner.hpp"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <functional>
#include <thread>

#include <sys/resource.h>

// What a batch costs that has nothing to do: from its tick to its end, one after another, without listeners.
//
//   inline      at most 1 us
//   local[2]    at most twice a hand-over between two threads, there and back, of the same run, and 1 us
//
// Whether a hand-over meets a thread that still spins, or one that sleeps, is chance, and worth ten times its cost: it is measured
// both ways, and the longer one counts. The best of three attempts counts. --quick takes fewer ticks and judges no time, which depends
// on the machine: only that every batch runs, that none allocates, and how often threads fall asleep in it. That is once for each
// hand-over, or less, however fast they are: never inline, and with workers in the thread that waits for the batch and in the one that
// runs it.

namespace {

/// A context with the pipeline of a word count, and nothing to count.
class Batches {
public:
    explicit Batches(char const* master) : ssc_{{.master = master, .clock = clock_, .exclusive = false}, std::chrono::seconds{1}}
    {
        using namespace sluice;
        auto [channel, numbers] = channelStream<int>(ssc_);
        numbers | map([](int x) { return x + 1; }) | filter([](int x) { return x > 0; }) |
            map([](int x) { return std::pair{x % 100, x}; }) | mapValues([](int x) { return 2 * x; }) | reduceByKey(std::plus{}) |
            foreachRDD([this](auto const&) { ++done_; });
        ssc_.start();
    }
    ~Batches() { ssc_.stop(); }

    void one()
    {
        clock_.advance(std::chrono::seconds{1});
        ssc_.awaitBatches();
    }
    [[nodiscard]] std::int64_t done() const { return done_; }

private:
    sluice::ManualClock clock_;
    sluice::StreamingContext ssc_;
    std::int64_t done_ = 0;
};

/// Another thread that answers: what one hand-over and one back cost at least.
class Echo {
public:
    Echo() : thread_([this] { serve(); }) {}
    ~Echo()
    {
        asked_.store(stop);
        asked_.notify_one();
        thread_.join();
    }
    Echo(Echo const&) = delete;
    Echo& operator=(Echo const&) = delete;

    void roundTrip()
    {
        auto const n = ++rounds_;
        asked_.store(n, std::memory_order_release);
        asked_.notify_one();
        for (auto done = answered_.load(std::memory_order_acquire); done != n; done = answered_.load(std::memory_order_acquire)) {
            answered_.wait(done, std::memory_order_acquire);
        }
    }

private:
    static constexpr std::uint64_t stop = ~std::uint64_t{0};

    void serve()
    {
        for (std::uint64_t seen = 0;;) {
            asked_.wait(seen, std::memory_order_acquire);
            seen = asked_.load(std::memory_order_acquire);
            if (seen == stop) return;
            answered_.store(seen, std::memory_order_release);
            answered_.notify_one();
        }
    }

    std::uint64_t rounds_ = 0;
    std::atomic<std::uint64_t> asked_{0};
    std::atomic<std::uint64_t> answered_{0};
    std::thread thread_;
};

/// The median of `n` of them, in microseconds.
template <class F>
double microseconds(int n, F&& f)
{
    std::vector<double> samples;
    for (int i = 0; i < n; ++i) {
        auto const begin = bench::wallSeconds();
        f();
        samples.push_back(bench::wallSeconds() - begin);
    }
    return 1e6 * bench::median(std::move(samples));
}

/// The median of n round trips to a thread that has had the time to fall asleep.
double microsecondsFromSleep(int n, Echo& echo)
{
    std::vector<double> samples;
    for (int i = 0; i < n; ++i) {
        for (auto const until = bench::wallSeconds() + 1e-4; bench::wallSeconds() < until;) continue;
        auto const begin = bench::wallSeconds();
        echo.roundTrip();
        samples.push_back(bench::wallSeconds() - begin);
    }
    return 1e6 * bench::median(std::move(samples));
}

/// How often threads of this process fall asleep in a hundred batches, a batch.
double sleepsOf(Batches& batches)
{
    auto const sleeps = [] {
        rusage used{};
        ::getrusage(RUSAGE_SELF, &used);
        return used.ru_nvcsw;
    };
    auto const before = sleeps();
    for (int i = 0; i < 100; ++i) batches.one();
    return static_cast<double>(sleeps() - before) / 100;
}

}  // namespace

int main(int argc, char** argv)
{
    bool const quick = argc > 1 && std::strcmp(argv[1], "--quick") == 0;
    int const ticks = quick ? 500 : 5000;
    int const rounds = quick ? 9 : 15;

    bool const held = bench::holdsOnce(3, [&] {
        Echo echo;
        Batches inlined{"inline"};
        Batches workers{"local[2]"};
        std::vector<double> bare, asleep, here, there;
        for (int round = 0; round < rounds; ++round) {
            bare.push_back(microseconds(ticks, [&] { echo.roundTrip(); }));
            asleep.push_back(microsecondsFromSleep(ticks / 10, echo));
            here.push_back(microseconds(ticks, [&] { inlined.one(); }));
            there.push_back(microseconds(ticks, [&] { workers.one(); }));
        }
        auto const before = bench::allocations();
        auto const sleepsHere = sleepsOf(inlined);
        auto const sleepsThere = sleepsOf(workers);
        auto const allocated = bench::allocations() - before;
        auto const batches = std::int64_t{rounds} * ticks + 100;
        auto const handOver = bench::median(bare);
        auto const fromSleep = bench::median(asleep);
        auto const limit = 2 * std::max(handOver, fromSleep) + 1;
        std::printf("%-28s %8s %8s\n", "us, medians", "time", "limit");
        std::printf("%-28s %8.3f\n", "bare round trip", handOver);
        std::printf("%-28s %8.3f\n", "the same, from sleep", fromSleep);
        std::printf("%-28s %8.3f %8.3f\n", "empty batch, inline", bench::median(here), 1.0);
        std::printf("%-28s %8.3f %8.3f\n", "empty batch, local[2]", bench::median(there), limit);
        std::printf(
            "%zu allocations in 200 batches; threads fall asleep %.2f times a batch inline, at most 0.1, and %.2f with workers, at most "
            "3\n",
            allocated, sleepsHere, sleepsThere);
        if (inlined.done() != batches || workers.done() != batches) {
            std::puts("not every batch has run");
            return false;
        }
        return allocated == 0 && sleepsHere <= 0.1 && sleepsThere <= 3 &&
               (quick || (bench::median(here) <= 1 && bench::median(there) <= limit));
    });
    return held ? 0 : 1;
}
