#pragma once

#include <sluice/batch/list.hpp>
#include <sluice/stream/config.hpp>
#include <sluice/stream/event.hpp>

#include <mutex>
#include <optional>
#include <vector>

namespace sluice::inline SLUICE_ABI {

/// What a `StatisticsListener` has counted since it was added. Averages are over the retained batches.
///
/// ```cpp
/// StreamingStatistics const none;
/// CHECK(none.totalProcessedRecords == 0);
/// CHECK(!none.lastCompletedBatch);
/// ```
struct StreamingStatistics {
    std::optional<Time> startTime;        ///< of the context
    std::vector<ReceiverInfo> receivers;  ///< as they were told of last, by stream id
    std::size_t activeReceivers = 0;
    std::int64_t totalReceivedRecords = 0;   ///< of all batches: the sum of what was processed, skipped, and is on its way
    std::int64_t totalProcessedRecords = 0;  ///< of those that were completed, and nothing failed
    std::int64_t totalSkippedRecords = 0;    ///< of those that failed, or that a stop dropped
    std::int64_t totalCompletedBatches = 0;  ///< all jobs ended, well or not
    std::int64_t totalFailedBatches = 0;     ///< of them those with a failed job
    std::int64_t totalSkippedBatches = 0;
    std::int64_t totalDroppedEvents = 0;  ///< that it was not told of: what they would have changed is missing here
    std::size_t waitingBatches = 0;       ///< submitted, and not begun
    std::int64_t waitingRecords = 0;
    std::size_t runningBatches = 0;  ///< begun, and not completed
    std::int64_t runningRecords = 0;
    std::size_t retainedCompletedBatches = 0;
    std::optional<BatchInfo> lastReceivedBatch;  ///< submitted last
    std::optional<BatchInfo> lastCompletedBatch;
    std::optional<Duration> averageSchedulingDelay;
    std::optional<Duration> averageProcessingDelay;
    std::optional<Duration> averageTotalDelay;

    /// Submitted, and not completed.
    [[nodiscard]] std::size_t unprocessedBatches() const { return waitingBatches + runningBatches; }
};

namespace detail {

template <class = void>
class CountingListener;

}  // namespace detail

/// Counts what happens in a context, and keeps the last `Config::retainedBatches` batches that were completed. Add it before
/// `start`; it may be asked from any thread.
///
/// ```cpp
/// ManualClock clock;
/// Config const config{.master = "local[2]", .clock = clock, .exclusive = false};
/// StatisticsListener statistics{config};  // before the context, so that it is there as long as that
/// StreamingContext ssc{config, 1s};
/// ssc.addStreamingListener(statistics);
/// auto [channel, numbers] = channelStream<int>(ssc);
/// numbers | foreachRDD([](auto) {});
/// ssc.start();
/// channel.push(7);
/// clock.advance(1s);
/// ssc.awaitBatches();
/// ssc.stop();
/// CHECK(statistics.now().totalProcessedRecords == 1);
/// CHECK(statistics.retained().size() == 1);
/// ```
using StatisticsListener = detail::CountingListener<>;

namespace detail {

/// A template without need, as the engine is: it is compiled where one is made.
template <class>
class CountingListener final : public StreamingListener {
public:
    explicit CountingListener(Config const& config = {}) : bound_(config.retainedBatches) {}
    SLUICE_COLD ~CountingListener() override { leave(); }

    [[nodiscard]] SLUICE_COLD StreamingStatistics now() const
    {
        std::lock_guard const lock{mutex_};
        auto out = counts_;
        out.waitingBatches = waiting_.size();
        for (auto const& batch : waiting_) out.waitingRecords += batch.records;
        out.runningBatches = running_.size();
        for (auto const& batch : running_) out.runningRecords += batch.records;
        for (auto const& receiver : out.receivers) out.activeReceivers += receiver.active ? 1 : 0;
        out.retainedCompletedBatches = retained_.size();
        out.averageSchedulingDelay = average(&BatchInfo::schedulingDelay);
        out.averageProcessingDelay = average(&BatchInfo::processingDelay);
        out.averageTotalDelay = average(&BatchInfo::totalDelay);
        return out;
    }

    /// The last batches that were completed, the oldest first.
    [[nodiscard]] SLUICE_COLD std::vector<BatchInfo> retained() const
    {
        std::lock_guard const lock{mutex_};
        std::vector<BatchInfo> out;
        for (std::size_t i = 0; i < retained_.size(); ++i) out.push_back(retained_[(first_ + i) % retained_.size()]);
        return out;
    }

    SLUICE_COLD void onStreamingStarted(StreamingStarted const& e) override
    {
        std::lock_guard const lock{mutex_};
        counts_.startTime = e.time;
    }
    void onReceiverStarted(ReceiverStarted const& e) override { keep(e.receiver); }
    void onReceiverError(ReceiverError const& e) override { keep(e.receiver); }
    void onReceiverStopped(ReceiverStopped const& e) override { keep(e.receiver); }

    SLUICE_COLD void onBatchSubmitted(BatchSubmitted const& e) override
    {
        std::lock_guard const lock{mutex_};
        counts_.totalReceivedRecords += e.batch.numRecords();
        counts_.lastReceivedBatch = e.batch;
        waiting_.push_back({e.batch.batchTime, e.batch.numRecords()});
    }

    SLUICE_COLD void onBatchStarted(BatchStarted const& e) override
    {
        std::lock_guard const lock{mutex_};
        takeOut(waiting_, e.batch);
        running_.push_back({e.batch.batchTime, e.batch.numRecords()});
    }

    SLUICE_COLD void onBatchCompleted(BatchCompleted const& e) override
    {
        std::lock_guard const lock{mutex_};
        auto const before = takeOut(waiting_, e.batch) + takeOut(running_, e.batch);
        counts_.totalReceivedRecords += e.batch.numRecords() - before;  // more is known of files, now that they were read
        bool failed = false;
        for (auto const& output : e.batch.outputOperations) failed = failed || output.failureReason;
        ++counts_.totalCompletedBatches;
        lastFailed_ = failed;
        if (failed) ++counts_.totalFailedBatches;
        else counts_.totalProcessedRecords += e.batch.numRecords();
        counts_.lastCompletedBatch = e.batch;
        if (retained_.size() < bound_) {
            retained_.push_back(e.batch);
        } else if (bound_ > 0) {
            retained_[first_] = e.batch;
            first_ = (first_ + 1) % bound_;
        }
    }

    SLUICE_COLD void onBatchSkipped(BatchSkipped const& e) override
    {
        std::lock_guard const lock{mutex_};
        auto const records = e.batch.numRecords();
        ++counts_.totalSkippedBatches;
        counts_.totalSkippedRecords += records;
        auto const& last = counts_.lastCompletedBatch;
        if (!last || last->batchTime != e.batch.batchTime) counts_.totalReceivedRecords += records;  // nothing of it was told before
        else if (!lastFailed_) counts_.totalProcessedRecords -= last->numRecords();                  // what failed was no output
    }

    SLUICE_COLD void onEventsDropped(EventsDropped const& e) override
    {
        std::lock_guard const lock{mutex_};
        counts_.totalDroppedEvents += e.count;
    }

private:
    struct OnItsWay {
        Time time;
        std::int64_t records;
    };

    /// Its records, if it was there.
    static std::int64_t takeOut(List<OnItsWay>& list, BatchInfo const& batch)
    {
        for (std::size_t i = 0; i < list.size(); ++i) {  // the first, as a rule
            if (list[i].time != batch.batchTime) continue;
            auto const records = list[i].records;
            list.erase(i);
            return records;
        }
        return 0;
    }

    SLUICE_COLD void keep(ReceiverInfo const& receiver)
    {
        std::lock_guard const lock{mutex_};
        auto& all = counts_.receivers;
        auto at = all.begin();
        while (at != all.end() && at->streamId < receiver.streamId) ++at;
        if (at != all.end() && at->streamId == receiver.streamId) *at = receiver;
        else all.insert(at, receiver);
    }

    [[nodiscard]] SLUICE_COLD std::optional<Duration> average(std::optional<Duration> (BatchInfo::*delay)() const) const
    {
        if (retained_.empty()) return std::nullopt;
        Duration all{};
        for (auto const& batch : retained_) all = plus(all, (batch.*delay)().value_or(Duration{}));
        return all / static_cast<std::int64_t>(retained_.size());
    }

    mutable std::mutex mutex_;
    std::size_t bound_;
    StreamingStatistics counts_;
    bool lastFailed_ = false;  // the batch that was completed last
    List<OnItsWay> waiting_;
    List<OnItsWay> running_;
    std::vector<BatchInfo> retained_;  // a ring, once it is full
    std::size_t first_ = 0;            // the oldest one in it
};

#ifdef SLUICE_COMPILED
extern template class CountingListener<>;  // <sluice/compiled.cpp>
#endif

}  // namespace detail

}  // namespace sluice::inline SLUICE_ABI
