#include <sluice/outputs/foreach_rdd.hpp>
#include <sluice/runtime/listeners.hpp>
#include <sluice/testing/harness.hpp>
#include <sluice/testing/run_batches.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

using namespace sluice;
using namespace std::chrono_literals;

namespace {

struct Counter : StreamingListener {
    std::atomic<int> started = 0;
    std::atomic<int> submitted = 0;
    std::atomic<int> completed = 0;
    ~Counter() override { leave(); }
    void onStreamingStarted(StreamingStarted const&) override { ++started; }
    void onBatchSubmitted(BatchSubmitted const&) override { ++submitted; }
    void onBatchCompleted(BatchCompleted const&) override { ++completed; }
};

}  // namespace

TEST_CASE("a listener that is added while batches run is told of those that begin later, whole")
{
    Counter late;
    testing::Harness harness;
    bool adds = false;
    testing::literalStream<int>(harness.context(), {{1}, {2}, {3}}) | foreachRDD([&](auto const&) {
        if (adds) harness.context().addStreamingListener(late);
        adds = false;
    });
    harness.start();
    harness.advance(1s);
    adds = true;
    harness.advance(1s);  // this batch has begun without it
    harness.advance(1s);
    harness.context().stop({.gracefully = true});
    CHECK(late.started == 0);
    CHECK(late.submitted == 1);
    CHECK(late.completed == 1);
}

TEST_CASE("the first listeners may come from several threads at once, while batches run")
{
    for (int round = 0; round < 20; ++round) {
        std::vector<std::shared_ptr<Counter>> counters;
        for (int i = 0; i < 4; ++i) counters.push_back(std::make_shared<Counter>());
        testing::Harness harness;
        auto& context = harness.context();
        testing::literalStream<int>(context, {{1}, {2}, {3}, {4}, {5}, {6}, {7}, {8}}) | foreachRDD([](auto const&) {});
        harness.start();
        std::vector<std::thread> threads;
        for (auto const& counter : counters) threads.emplace_back([&context, counter] { context.addStreamingListener(counter); });
        for (int i = 0; i < 3; ++i) harness.advance(1s);
        for (auto& thread : threads) thread.join();
        for (int i = 0; i < 2; ++i) harness.advance(1s);
        context.stop({.gracefully = true});
        for (auto const& counter : counters) {
            CHECK(counter->submitted >= 2);
            CHECK(counter->completed - counter->submitted >= 0);  // it may come between, while another one is told of the batch
            CHECK(counter->completed - counter->submitted <= 1);
        }
    }
}

TEST_CASE("without a listener there is no thread of listeners, and one that comes after the stop is told of nothing")
{
    Counter counter;
    std::vector<std::string> names;
    std::mutex mutex;
    Config config;
    config.onThreadStart = [&](std::string const& name) {
        std::lock_guard const lock{mutex};
        names.push_back(name);
    };
    testing::Harness harness{config};
    testing::literalStream<int>(harness.context(), {{1}}) | foreachRDD([](auto const&) {});
    harness.start();
    harness.advance(1s);
    harness.context().stop();
    harness.context().addStreamingListener(counter);
    harness.context().removeStreamingListener(counter);
    CHECK(counter.submitted == 0);
    CHECK(std::count(names.begin(), names.end(), "sluice-listen") == 0);
}
