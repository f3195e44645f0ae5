#include <sluice/operators/map.hpp>
#include <sluice/operators/named.hpp>
#include <sluice/operators/reduce_by_key_and_window.hpp>
#include <sluice/state/window_stream.hpp>
#include <sluice/testing/harness.hpp>
#include <sluice/testing/run_batches.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <stdexcept>

using namespace sluice;
using namespace std::literals;
using testing::Batches;

namespace {

using Pair = std::pair<int, int>;
using Pairs = std::vector<Pair>;

/// Adds; its call with this number throws.
struct Adds {
    std::atomic<int>* left;  // until it throws

    int operator()(int a, int b) const
    {
        if ((*left)-- == 0) throw std::runtime_error{"told to"};
        return a + b;
    }
};

/// What a window of two batches gives, batch by batch, where the addition with this number throws.
struct Run {
    std::vector<Pairs> seen;
    int calls = 0;
    bool failed = false;
};

Run run(int throwAt, OnBatchFailure setting, std::string const& master)
{
    Run result;
    std::atomic<int> left = throwAt;
    {
        testing::Harness harness{{.master = master, .onBatchFailure = setting}};
        // Each key comes once in a batch: f is called for the window alone.
        Batches<Pair> in;
        for (int t = 1; t <= 5; ++t) {
            Pairs batch;
            for (int key = 0; key < 6; ++key) batch.emplace_back(key, (key + 1) << t);
            in.push_back(batch);
        }
        testing::literalStream<Pair>(harness.context(), in, 3) | reduceByKeyAndWindow(Adds{&left}, 2s, 1s, 3) | foreachRDD([&](auto batch) {
            auto records = std::move(batch) | collect();
            std::sort(records.begin(), records.end());
            result.seen.push_back(records);
        });
        harness.start();
        for (int t = 0; t < 5; ++t) {
            try {
                harness.advance(1s);
            } catch (StreamError const&) {
                break;
            }
        }
        harness.context().stop();
        try {
            harness.context().awaitTermination();
        } catch (StreamError const&) {
            result.failed = true;
        }
    }
    result.calls = throwAt - left;
    return result;
}

/// The sums over these batches.
Pairs sums(std::initializer_list<int> batches)
{
    Pairs out;
    for (int key = 0; key < 6; ++key) {
        int sum = 0;
        for (int const t : batches) sum += (key + 1) << t;
        out.emplace_back(key, sum);
    }
    return out;
}

}  // namespace

TEST_CASE("wherever f throws, a window that is tried again is what it would have been")
{
    std::vector<Pairs> const expected{sums({1}), sums({1, 2}), sums({2, 3}), sums({3, 4}), sums({4, 5})};
    for (char const* master : {"inline", "local[2]"}) {
        auto const whole = run(1 << 30, retry(1).then(stop), master);
        CHECK(whole.seen == expected);
        CHECK(!whole.failed);
        REQUIRE(whole.calls > 20);
        for (int at = 0; at < whole.calls; ++at) {
            CAPTURE(at);
            auto const again = run(at, retry(1).then(stop), master);
            CHECK(again.seen == expected);
            CHECK(!again.failed);
        }
    }
}

TEST_CASE("a batch that is skipped is missing in the windows, of all partitions; one that stops the context is the last")
{
    std::vector<Pairs> const whole{sums({1}), sums({1, 2}), sums({2, 3}), sums({3, 4}), sums({4, 5})};
    for (char const* master : {"inline", "local[2]"}) {
        auto const calls = run(1 << 30, proceed, master).calls;
        for (int at = 0; at < calls; at += 3) {
            CAPTURE(at);
            auto const skips = run(at, proceed, master);
            REQUIRE(skips.seen.size() == 4);
            CHECK(skips.failed);
            // Which batch it was is told by the first result that differs.
            std::size_t missing = 0;
            while (missing < 4 && skips.seen[missing] == whole[missing]) ++missing;
            auto const t = static_cast<int>(missing) + 1;
            std::vector<Pairs> expected;
            for (int k = 1; k <= 5; ++k) {
                if (k == t) continue;
                if (k == 1) expected.push_back(sums({1}));
                else if (k - 1 == t) expected.push_back(sums({k}));
                else expected.push_back(sums({k - 1, k}));
            }
            CHECK(skips.seen == expected);

            auto const stops = run(at, OnBatchFailure{stop}, master);
            CHECK(stops.failed);
            CHECK(stops.seen.size() == missing);
        }
    }
}

TEST_CASE("an output that throws behind a window changes it not, tried again it gets the same batch")
{
    for (bool const again : {false, true}) {
        testing::Harness harness{{.master = "inline", .onBatchFailure = again ? retry(1).then(proceed) : OnBatchFailure{proceed}}};
        int calls = 0;
        std::vector<Pairs> seen;
        testing::literalStream<Pair>(harness.context(), {{{1, 1}}, {{1, 2}}, {{1, 4}}}) | reduceByKeyAndWindow(std::plus{}, 3s) |
            foreachRDD([&](auto batch) {
                auto records = std::move(batch) | collect();
                if (++calls == 2) throw std::runtime_error{"an output"};
                seen.push_back(records);
            });
        harness.start();
        harness.advance(3s);
        CHECK(seen == (again ? std::vector<Pairs>{{{1, 1}}, {{1, 3}}, {{1, 7}}} : std::vector<Pairs>{{{1, 1}}, {{1, 7}}}));
    }
}

TEST_CASE("two outputs of one window share it, in each batch")
{
    std::atomic<int> left = 1 << 30;
    testing::Harness harness{{.master = "local[2]", .concurrentJobs = 2}};
    auto const sums =
        testing::literalStream<Pair>(harness.context(), {{{1, 1}}, {{1, 2}}, {{1, 4}}}) | reduceByKeyAndWindow(Adds{&left}, 2s);
    std::atomic<int> all = 0;
    for (int i = 0; i < 2; ++i) {
        sums | foreachRDD([&](auto batch) {
            for (auto const& [key, sum] : std::move(batch) | collect()) all += sum;
        });
    }
    harness.start();
    harness.advance(3s);
    CHECK(all == 2 * (1 + 3 + 6));
    CHECK((1 << 30) - left <= 4);
}

TEST_CASE("a window without new batches gets empty, and holds nothing then")
{
    struct Watch : StreamingListener {
        void onBatchCompleted(BatchCompleted const& event) override { held = event.batch.held.at(0); }
        StreamHeldInfo held;
    } watch;
    std::size_t keys = 0;
    {
        testing::Harness harness;
        harness.context().addStreamingListener(watch);
        testing::literalStream<Pair>(harness.context(), {{{1, 1}, {2, 1}}, {{3, 1}}}) | reduceByKeyAndWindow(std::plus{}, 2s) |
            named("sums") | foreachRDD([&](auto batch) { keys = (std::move(batch) | collect()).size(); });
        harness.start();
        harness.advance(2s);
        CHECK(keys == 3);
        harness.advance(1s);
        CHECK(keys == 1);
        harness.advance(1s);
        CHECK(keys == 0);
    }
    CHECK(watch.held.name == "sums");
    CHECK(watch.held.keys == 0);
    CHECK(watch.held.bytes > 0);
}
