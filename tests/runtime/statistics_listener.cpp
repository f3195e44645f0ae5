#include <sluice/outputs/foreach_rdd.hpp>
#include <sluice/runtime/statistics_listener.hpp>
#include <sluice/sources/channel_stream.hpp>
#include <sluice/testing/harness.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <stdexcept>
#include <thread>

using namespace sluice;
using namespace std::chrono_literals;

namespace {

BatchInfo batch(Time t, std::int64_t records, bool failed = false)
{
    BatchInfo info;
    info.batchTime = t;
    info.inputs.push_back({0, records, {}});
    info.submissionTime = t;
    info.processingStartTime = t + 10ms;
    info.processingEndTime = t + 40ms;
    info.outputOperations.emplace_back();
    if (failed) info.outputOperations[0].failureReason = "bad";
    return info;
}

}  // namespace

TEST_CASE("a batch waits, runs and is completed")
{
    StatisticsListener listener;
    listener.onBatchSubmitted({batch(Time{1s}, 5)});
    listener.onBatchSubmitted({batch(Time{2s}, 7)});
    listener.onBatchStarted({batch(Time{1s}, 5)});
    auto now = listener.now();
    CHECK(now.totalReceivedRecords == 12);
    CHECK(now.waitingBatches == 1);
    CHECK(now.waitingRecords == 7);
    CHECK(now.runningBatches == 1);
    CHECK(now.runningRecords == 5);
    CHECK(now.unprocessedBatches() == 2);
    CHECK(now.totalProcessedRecords == 0);
    CHECK(!now.lastCompletedBatch);
    CHECK(!now.averageTotalDelay);
    CHECK(now.lastReceivedBatch->batchTime == Time{2s});

    listener.onBatchCompleted({batch(Time{1s}, 5)});
    now = listener.now();
    CHECK(now.waitingBatches == 1);
    CHECK(now.runningBatches == 0);
    CHECK(now.runningRecords == 0);
    CHECK(now.totalCompletedBatches == 1);
    CHECK(now.totalProcessedRecords == 5);
    CHECK(now.lastCompletedBatch->batchTime == Time{1s});
    CHECK(now.averageSchedulingDelay == 10ms);
    CHECK(now.averageProcessingDelay == 30ms);
    CHECK(now.averageTotalDelay == 40ms);
}

TEST_CASE("the last batches are retained, as many as the setting says, and averages are theirs")
{
    for (std::size_t const bound : {0U, 1U, 3U}) {
        CAPTURE(bound);
        StatisticsListener listener{{.retainedBatches = bound}};
        for (int i = 1; i <= 5; ++i) {
            auto info = batch(Time{std::chrono::seconds{i}}, 1);
            info.processingEndTime = *info.processingStartTime + i * 1ms;
            listener.onBatchCompleted({info});
        }
        auto const retained = listener.retained();
        REQUIRE(retained.size() == bound);
        for (std::size_t k = 0; k < bound; ++k) {
            CHECK(retained[k].batchTime == Time{std::chrono::seconds{static_cast<int>(5 - bound + 1 + k)}});
        }
        auto const now = listener.now();
        CHECK(now.totalCompletedBatches == 5);
        CHECK(now.retainedCompletedBatches == bound);
        if (bound == 1) CHECK(now.averageProcessingDelay == 5ms);
        if (bound == 3) CHECK(now.averageProcessingDelay == 4ms);
    }
}

TEST_CASE("a batch that failed is completed and not processed; one that is skipped is counted with its records")
{
    StatisticsListener listener;
    listener.onBatchCompleted({batch(Time{1s}, 5, true)});
    listener.onBatchSkipped({batch(Time{1s}, 5, true), "it failed"});
    auto const now = listener.now();
    CHECK(now.totalCompletedBatches == 1);
    CHECK(now.totalFailedBatches == 1);
    CHECK(now.totalProcessedRecords == 0);
    CHECK(now.totalSkippedBatches == 1);
    CHECK(now.totalSkippedRecords == 5);
}

TEST_CASE("receivers are known as they were told of last")
{
    StatisticsListener listener;
    listener.onReceiverStarted({{1, "b", true, {}, {}, {}}});
    listener.onReceiverStarted({{0, "a", true, {}, {}, {}}});
    listener.onReceiverError({{1, "b", true, "lost", "lost", Time{3s}}});
    listener.onReceiverStopped({{0, "a", false, {}, {}, {}}});
    auto const now = listener.now();
    REQUIRE(now.receivers.size() == 2);
    CHECK(now.receivers[0].name == "a");
    CHECK(now.receivers[1].lastErrorTime == Time{3s});
    CHECK(now.activeReceivers == 1);
}

TEST_CASE("a whole context: what it counts adds up")
{
    testing::Harness harness{{.master = "local[2]", .retainedBatches = 2}};
    StatisticsListener listener{harness.context().config()};
    harness.context().addStreamingListener(listener);
    auto [channel, numbers] = channelStream<int>(harness.context());
    numbers | foreachRDD([&](auto const&, Time t) {
        harness.clock().setTime(t + 100ms);
        if (t == Time{2s}) throw std::runtime_error{"bad"};
    });
    harness.clock().advance(500ms);
    harness.start();
    for (int i = 0; i < 4; ++i) {
        for (int k = 0; k <= i; ++k) channel.push(k);
        harness.clock().setTime(Time{std::chrono::seconds{i + 1}});
        harness.context().awaitBatches();
    }
    harness.context().stop();
    auto const now = listener.now();
    CHECK(now.startTime == Time{500ms});
    CHECK(now.totalReceivedRecords == 1 + 2 + 3 + 4);
    CHECK(now.totalProcessedRecords == 1 + 3 + 4);
    CHECK(now.totalSkippedRecords == 2);
    CHECK(now.totalSkippedBatches == 1);
    CHECK(now.totalCompletedBatches == 4);
    CHECK(now.totalFailedBatches == 1);
    CHECK(now.unprocessedBatches() == 0);
    CHECK(now.retainedCompletedBatches == 2);
    CHECK(now.averageProcessingDelay == 100ms);
    CHECK(now.lastCompletedBatch->batchTime == Time{4s});
    CHECK(listener.retained()[0].batchTime == Time{3s});
}

TEST_CASE("a whole context: a batch that waits and one that a stop drops are counted as that")
{
    testing::Harness harness{{.master = "local[1]"}};
    auto& context = harness.context();
    StatisticsListener listener{context.config()};
    context.addStreamingListener(listener);
    auto [channel, numbers] = channelStream<int>(context);
    std::atomic<int> begun = 0;
    std::atomic<int> goOn = 0;
    numbers | foreachRDD([&](auto const&, Time t) {
        auto const batch = static_cast<int>(t.milliseconds() / 1000);
        begun = batch;
        begun.notify_all();
        for (auto may = goOn.load(); may < batch; may = goOn.load()) goOn.wait(may);
    });
    auto const awaitBegin = [&](int batch) {
        for (auto now = begun.load(); now < batch; now = begun.load()) begun.wait(now);
    };
    auto const release = [&](int batch) {
        goOn = batch;
        goOn.notify_all();
    };
    harness.start();
    harness.clock().advance(1s);
    awaitBegin(1);
    harness.clock().advance(1s);
    harness.clock().advance(300ms);
    release(1);
    awaitBegin(2);
    channel.push(1);
    channel.push(2);
    harness.clock().advance(700ms);  // the third one waits behind it
    std::thread stopper{[&] { context.stop(); }};
    harness.await("the third one to be dropped", [&] { return listener.now().totalSkippedBatches == 1; });
    release(2);
    stopper.join();
    auto const now = listener.now();
    CHECK(now.totalCompletedBatches == 2);
    CHECK(now.averageSchedulingDelay == 150ms);  // 0 and 300
    CHECK(now.averageProcessingDelay == (1300ms + 700ms) / 2);
    CHECK(now.averageTotalDelay == (1300ms + 1000ms) / 2);
    CHECK(now.totalSkippedBatches == 1);
    CHECK(now.totalSkippedRecords == 2);
    CHECK(now.totalFailedBatches == 0);
    CHECK(now.unprocessedBatches() == 0);
}
