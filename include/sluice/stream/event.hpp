#pragma once

#include <sluice/batch/counted.hpp>
#include <sluice/batch/list.hpp>
#include <sluice/stream/time.hpp>

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace sluice::inline SLUICE_ABI {

/// What one input brought into one batch.
struct StreamInputInfo {
    std::size_t inputStreamId = 0;
    /// Of files, and of queued batches that are computed, it is known when they have been read: when the batch is completed. A window
    /// reads each batch at its own tick, whether it slides then or not. What no operator reads counts nowhere, and neither does what
    /// only `slice` reads, in a later batch.
    std::int64_t numRecords = 0;
    std::string description;       ///< files, positions: what the source tells of its batch; may be empty
    std::size_t spilledBytes = 0;  ///< of its records, those that `spill()` has on the disk
    /// Records that waited in the source behind the batch when it was made, where the source knows: those of a topic of Kafka, as offsets.
    std::optional<std::int64_t> lag{};
};

/// What a stream holds: from batch to batch a window its partial results, a state its keys; while it lasts, a cached batch its
/// records; where batches are remembered, an input what it received of them.
struct StreamHeldInfo {
    std::string name;       ///< what `named` gave it, else `sluice::mapWithState (clicks.cpp:12)`
    std::size_t keys = 0;   ///< of a state, or of a window by key; of other windows, a cache and an input, records
    std::size_t bytes = 0;  ///< of memory, without what keys and values themselves point to
};

/// One output in one batch.
struct OutputOperationInfo {
    Time batchTime;
    std::size_t id = 0;                        ///< in order of registration, from 0
    std::string name;                          ///< short: `print at word_count.cpp:12`
    std::string description;                   ///< long: `sluice::print (word_count.cpp:12)`, as in errors
    std::optional<Time> startTime;             ///< of the context's clock
    std::optional<Time> endTime;               ///< of the context's clock
    std::optional<std::string> failureReason;  ///< the error's text, where it failed

    [[nodiscard]] std::optional<Duration> duration() const
    {
        return startTime && endTime ? std::optional{*endTime - *startTime} : std::nullopt;
    }
};

/// One batch, from its tick on. Times are those of the context's clock.
///
/// ```cpp
/// BatchInfo info;
/// info.submissionTime = Time{10ms};
/// CHECK(!info.schedulingDelay());
/// info.processingStartTime = Time{15ms};
/// CHECK(*info.schedulingDelay() == 5ms);
/// ```
struct BatchInfo {
    Time batchTime;
    std::vector<StreamInputInfo> inputs;
    Time submissionTime;
    std::optional<Time> processingStartTime;
    std::optional<Time> processingEndTime;
    std::vector<OutputOperationInfo> outputOperations;
    std::vector<StreamHeldInfo> held;  ///< by each stream that lasts, in order of creation, when the batch is completed

    [[nodiscard]] std::int64_t numRecords() const
    {
        std::int64_t all = 0;
        for (auto const& input : inputs) all += input.numRecords;
        return all;
    }
    /// From submission to the start of the first job.
    [[nodiscard]] std::optional<Duration> schedulingDelay() const
    {
        return processingStartTime ? std::optional{*processingStartTime - submissionTime} : std::nullopt;
    }
    /// From the start of the first job to the end of the last.
    [[nodiscard]] std::optional<Duration> processingDelay() const
    {
        return processingStartTime && processingEndTime ? std::optional{*processingEndTime - *processingStartTime} : std::nullopt;
    }
    /// The sum of both.
    [[nodiscard]] std::optional<Duration> totalDelay() const
    {
        return processingEndTime ? std::optional{*processingEndTime - submissionTime} : std::nullopt;
    }
};

/// A receiver, and what went wrong with it last.
struct ReceiverInfo {
    std::size_t streamId = 0;
    std::string name;  ///< `socketTextStream-0`
    bool active = false;
    std::string lastErrorMessage;
    std::string lastError;
    std::optional<Time> lastErrorTime;
};

struct StreamingStarted {
    Time time;  ///< of the context's clock
};
struct ReceiverStarted {
    ReceiverInfo receiver;
};
struct ReceiverError {
    ReceiverInfo receiver;
};
struct ReceiverStopped {
    ReceiverInfo receiver;
};
struct BatchSubmitted {
    BatchInfo batch;
};
struct BatchStarted {
    BatchInfo batch;
};
struct BatchCompleted {
    BatchInfo batch;
};
/// A batch that is not done: it failed, or the context stopped before it. What it held is lost to the outputs.
struct BatchSkipped {
    BatchInfo batch;
    std::string reason;
};
struct OutputOperationStarted {
    OutputOperationInfo output;
};
struct OutputOperationCompleted {
    OutputOperationInfo output;
};

/// Events that listeners were not told of, because they are too slow: more than 10,000 were waiting.
struct EventsDropped {
    std::int64_t count;  ///< since this was told last
};

class StreamingListener;

namespace detail {

template <class>
class ListenerBus;

/// Where listeners are added.
struct ListenerHub : Disposable {
    /// It is not called any more when this returns, unless it is the one that asks.
    virtual void forget(StreamingListener& listener) noexcept = 0;
};

/// What keeps a listener alive for those whom it is added to.
struct ListenerOwner : Disposable {};

/// Where one listener has been added.
class ListenerHubs {
public:
    SLUICE_COLD void add(ListenerHub& hub)
    {
        std::lock_guard const lock{mutex_};
        hubs_.push_back(Counted<ListenerHub>{&hub});
    }
    SLUICE_COLD void remove(ListenerHub const& hub) noexcept
    {
        Counted<ListenerHub> gone;  // let go of without the lock
        std::lock_guard const lock{mutex_};
        for (auto i = hubs_.size(); i-- > 0;) {
            if (hubs_[i].get() != &hub) continue;
            gone = std::move(hubs_[i]);
            return hubs_.erase(i);
        }
    }
    SLUICE_COLD void takeAll(List<Counted<ListenerHub>>& into) noexcept
    {
        std::lock_guard const lock{mutex_};
        into.swap(hubs_);
    }

private:
    std::mutex mutex_;
    List<Counted<ListenerHub>> hubs_;
};

}  // namespace detail

/// Derive from it, override what is of interest, and give it to `StreamingContext::addStreamingListener`. Calls come
/// one after another on a thread of their own, and delay no batch; what they throw is logged. When 10,000 events wait,
/// further ones are dropped, and counted: see onEventsDropped.
///
/// A listener may die before the context: it leaves by itself, and its destructor waits for a call that goes on. That call may
/// still use members of the derived class, which are gone by then: where a context may be active, call `leave()` first in the
/// destructor of that class, or add a `std::shared_ptr`, whose listener lasts as long as it is needed.
///
/// For each batch: submitted, started once, then each output's start and end, then completed, also where outputs have
/// failed; a batch in which no output has an RDD gives these three where its inputs have brought records, and nothing otherwise.
/// Skipped comes for each batch that is not done: after completed where an output has failed, alone where none was run.
///
/// ```cpp
/// struct Counter : StreamingListener {
///     int batches = 0;
///     void onBatchCompleted(BatchCompleted const&) override { ++batches; }
/// };
/// CHECK(Counter{}.batches == 0);
/// ```
class StreamingListener {
public:
    StreamingListener() = default;
    StreamingListener(StreamingListener const&) noexcept {}  // a copy is added nowhere
    StreamingListener& operator=(StreamingListener const&) noexcept { return *this; }
    virtual ~StreamingListener() { leave(); }

    virtual void onStreamingStarted(StreamingStarted const&) {}
    virtual void onReceiverStarted(ReceiverStarted const&) {}
    virtual void onReceiverError(ReceiverError const&) {}
    virtual void onReceiverStopped(ReceiverStopped const&) {}
    virtual void onBatchSubmitted(BatchSubmitted const&) {}
    virtual void onBatchStarted(BatchStarted const&) {}
    virtual void onBatchCompleted(BatchCompleted const&) {}
    virtual void onBatchSkipped(BatchSkipped const&) {}
    virtual void onOutputOperationStarted(OutputOperationStarted const&) {}
    virtual void onOutputOperationCompleted(OutputOperationCompleted const&) {}
    virtual void onEventsDropped(EventsDropped const&) {}

protected:
    /// It is removed wherever it was added, and is not called any more when this returns.
    SLUICE_COLD void leave() noexcept
    {
        detail::List<detail::Counted<detail::ListenerHub>> hubs;
        hubs_.takeAll(hubs);
        for (auto const& hub : hubs) hub->forget(*this);
    }

private:
    template <class>
    friend class detail::ListenerBus;

    detail::ListenerHubs hubs_;
};

}  // namespace sluice::inline SLUICE_ABI
