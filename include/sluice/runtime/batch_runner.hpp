#pragma once

#include <sluice/runtime/listener_bus.hpp>
#include <sluice/runtime/workers.hpp>
#include <sluice/stream/graph.hpp>

#include <time.h>

namespace sluice::inline SLUICE_ABI::detail {

/// What a scheduler tells its context.
struct SchedulerOwner {
    virtual void failed(std::exception_ptr error) = 0;
    /// No batch runs any more: the context is to stop.
    virtual void giveUp() = 0;
    /// A batch is done, while somebody watches, or a receiver has ended.
    virtual void progressed() = 0;
    /// Time goes on: a stop that found no thread may try again.
    virtual void ticked() = 0;

protected:
    ~SchedulerOwner() = default;
};

/// What a scheduler, and the receivers beside it, stand on.
template <class Void>
struct JobParts {
    GraphCore& graph;
    ListenerBus<Void>& bus;
    Log& log;
    Clock clock;
    Config const& config;
    SchedulerOwner& owner;
    void const* thread;  // what ownerOfThread says there

    /// What follows a failed batch.
    [[nodiscard]] SLUICE_COLD BatchFailure last() const
    {
        return config.onBatchFailure.last.value_or(graph.hasState() ? stop : proceed);
    }
};

/// What a thread of jobs is in the middle of: told where a stop does not get it to an end.
struct Activity : RefCounted {
    std::atomic<Label const*> label{nullptr};  // of an output, or of a state or a window; null: nothing
    std::atomic<std::int64_t> batch{0};        // its time, in microseconds
    std::atomic<std::int64_t> since{0};        // of the wall clock, in microseconds

    /// As coarse as the system counts its ticks, which costs nothing.
    [[nodiscard]] static std::int64_t wallClock()
    {
        ::timespec now{};
        ::clock_gettime(CLOCK_REALTIME_COARSE, &now);
        return now.tv_sec * std::int64_t{1'000'000} + now.tv_nsec / 1000;
    }
};

/// The one of this thread, or null.
inline constinit thread_local Activity* activityOfThread = nullptr;

struct InActivity {
    InActivity(Label const& label, Time batch) : activity(activityOfThread)
    {
        if (activity == nullptr) return;
        before = activity->label.load(std::memory_order_relaxed);
        activity->batch.store(batch.microseconds(), std::memory_order_relaxed);
        activity->since.store(Activity::wallClock(), std::memory_order_relaxed);
        activity->label.store(&label, std::memory_order_release);
    }
    InActivity(InActivity const&) = delete;
    InActivity& operator=(InActivity const&) = delete;
    ~InActivity()
    {
        if (activity != nullptr) activity->label.store(before, std::memory_order_release);
    }
    Activity* activity;
    Label const* before = nullptr;
};

/// A batch whose inputs are fixed.
struct Tick {
    Time time;
    Time submitted;
    std::exception_ptr failure{};  // an input could not be fixed
};

/// A batch on its way.
struct RunningBatch : RefCounted {
    Tick tick;
    List<bool> described;        // which outputs have a job
    bool told = false;           // whether there were listeners when it began
    BatchInfo info;              // filled where it is told
    std::exception_ptr failure;  // the first one, when all was tried
    std::size_t next = 0;        // the first output whose job nobody has taken
    std::size_t running = 0;     // jobs that are taken and not done

    void begin(Tick const& at, std::size_t outputs)
    {
        tick = at;
        told = false;
        failure = at.failure;
        next = running = 0;
        described.clear();
        for (std::size_t i = 0; i < outputs; ++i) described.push_back(false);
    }
};

/// The steps of one batch: described, its jobs, and what is told of them. Who runs which step when is the scheduler's.
template <class Void = void>
class BatchRunner {
public:
    explicit BatchRunner(JobParts<Void> const& parts) : parts_(parts), retries_(parts.config.onBatchFailure.retries) {}

    /// Describes the jobs of a batch, and takes the step of what lasts from batch to batch; false where there are no jobs.
    bool describe(RunningBatch& batch)
    {
        GraphCore::Turn const turn{parts_.graph};
        if (batch.failure != nullptr) return neverDescribed(batch);
        try {
            parts_.graph.begin(batch.tick.time);
        } catch (...) {
            batch.failure = caught({}, batch.tick.time);
            return neverDescribed(batch);
        }
        auto any = Described::none;
        auto* label = tryDescribe(batch, any);
        if (label != nullptr) any = notDescribed(batch, label);
        if (any == Described::failed) return false;
        if (any == Described::some) {
            batch.told = parts_.bus.active() && submitted(batch);
        }
        if (parts_.graph.hasDue()) update(batch);
        // Where no output runs listeners hear of the records all the same: they may be in a window that does not slide yet.
        if (any == Described::none && parts_.bus.active() && hasRecords(batch.tick)) {
            batch.told = true;
            submitted(batch);
        }
        return any == Described::some;
    }

    SLUICE_COLD void jobStarted(RunningBatch& batch, std::size_t i)
    {
        auto& told = operation(batch, i);
        told.startTime = parts_.clock.now();
        parts_.bus.tell([&] { return OutputEvent{OutputEvent::started, told}; });
    }

    /// Its last attempt is over.
    SLUICE_COLD void jobEnded(RunningBatch& batch, std::size_t i, std::exception_ptr const& error)
    {
        auto& told = operation(batch, i);
        if (error != nullptr) told.failureReason = errorText(error);
        told.endTime = parts_.clock.now();
        parts_.bus.tell([&] { return OutputEvent{OutputEvent::completed, told}; });
    }

    SLUICE_COLD void completed(RunningBatch& batch)
    {
        // Some inputs know what they have brought when it has run.
        batch.info.inputs.clear();
        for (auto const& input : parts_.graph.inputs()) batch.info.inputs.push_back(input->info(batch.tick.time));
        batch.info.processingEndTime = parts_.clock.now();
        parts_.bus.tell([&] {
            for (auto const* node : parts_.graph.holding()) batch.info.held.push_back(node->held());
            if (parts_.graph.remembered() > Duration{0}) {
                for (auto const& input : parts_.graph.inputs()) {
                    auto held = input->held();
                    if (!held.name.empty()) batch.info.held.push_back(std::move(held));
                }
            }
            return BatchEvent{BatchEvent::completed, batch.info, {}};
        });
    }

    /// Called in a catch block: the error, with what is known of where it comes from.
    [[nodiscard]] SLUICE_COLD static std::exception_ptr caught(Label const& label, Time t)
    {
        try {
            try {
                failIn(label);
            } catch (StreamError& e) {
                e.atBatch(t.microseconds());
                throw;
            }
        } catch (...) {
            return std::current_exception();
        }
    }

    /// A job has failed: it runs again as often as is allowed, by again(). What is left then is the batch's failure.
    template <class Again>
    std::exception_ptr settle(Label const& label, Time t, std::exception_ptr error, Again const& again)
    {
        return settleBy(label, t, std::move(error), [](void const* f) { return (*static_cast<Again const*>(f))(); }, &again);
    }

    /// A batch that has failed is never done: it is skipped, or the last one. Whether others may follow.
    SLUICE_COLD bool goesOn(RunningBatch const& batch)
    {
        skipped(batch.tick, "it failed: ", errorText(batch.failure));
        if (parts_.last() == proceed) return true;
        parts_.owner.giveUp();
        return false;
    }

    /// What a batch held is lost: nobody should have to find out by counting.
    SLUICE_COLD void skipped(Tick const& tick, std::string_view why, std::string_view what = {})
    {
        BatchInfo info;
        try {
            fill(info, tick);
        } catch (...) {  // no memory to count what it had
        }
        Digits const records{info.numRecords()};
        parts_.log.tell(LogLevel::warning, {}, tick.time, {"the batch is skipped, with ", records.text(), " records: ", why, what});
        if (parts_.bus.active()) parts_.bus.tell([&] { return BatchEvent{BatchEvent::skipped, std::move(info), concat({why, what})}; });
    }

    /// The commit of a batch: what it held is free, in one place.
    void commit(Time t)
    {
        GraphCore::Turn const turn{parts_.graph};
        for (auto const& input : parts_.graph.inputs()) input->finish(t);
        try {
            parts_.graph.evict(t);
        } catch (...) {  // what is kept too long goes with the next batch
            parts_.log.tell(LogLevel::error, {}, t, {"what the batch held is not free yet: ", errorText(std::current_exception())});
        }
    }

    [[nodiscard]] JobParts<Void> const& parts() const { return parts_; }

private:
    SLUICE_COLD std::exception_ptr settleBy(Label const& label, Time t, std::exception_ptr error,
                                            std::exception_ptr (*again)(void const*), void const* context)
    {
        for (unsigned left = retries_; left > 0 && error != nullptr; --left) {
            parts_.log.tell(LogLevel::warning, label, t, {"it is tried again: ", errorText(error)});
            error = again(context);
        }
        if (error == nullptr) return error;
        parts_.log(LogLevel::error, label, t, errorText(error));
        parts_.owner.failed(error);
        return error;
    }

    enum class Described { none, some, failed };

    /// The label of the output that could not be described; what it throws is in failure then.
    Label const* tryDescribe(RunningBatch& batch, Described& any)
    {
        auto const t = batch.tick.time;
        auto const& outputs = parts_.graph.outputs();
        for (std::size_t i = 0; i < outputs.size(); ++i) {
            try {
                InActivity const mark{outputs[i]->label, t};
                batch.described[i] = outputs[i]->generate(t);
                if (batch.described[i]) any = Described::some;
            } catch (...) {
                batch.failure = caught(outputs[i]->label, t);
                return &outputs[i]->label;
            }
        }
        return nullptr;
    }

    /// Tried again as a job is; a batch that cannot be described has no job.
    SLUICE_COLD Described notDescribed(RunningBatch& batch, Label const* label)
    {
        auto any = Described::none;
        auto const error = std::exchange(batch.failure, nullptr);
        parts_.graph.abandonDue();
        batch.failure = settle(*label, batch.tick.time, error, [&] {
            parts_.graph.abandonDue();
            for (auto const& input : parts_.graph.inputs()) input->fixAgain(batch.tick.time);
            any = Described::none;
            label = tryDescribe(batch, any);
            return std::exchange(batch.failure, nullptr);
        });
        if (batch.failure == nullptr) return any;
        parts_.graph.abandonDue();
        return Described::failed;
    }

    /// False: there is no memory for it, and nothing more is told of the batch.
    SLUICE_COLD bool submitted(RunningBatch& batch)
    {
        try {
            fill(batch);
        } catch (...) {
            parts_.bus.lost();
            return false;
        }
        parts_.bus.tell([&] { return BatchEvent{BatchEvent::submitted, batch.info, {}}; });
        batch.info.processingStartTime = parts_.clock.now();
        parts_.bus.tell([&] { return BatchEvent{BatchEvent::started, batch.info, {}}; });
        return true;
    }

    SLUICE_COLD void fill(RunningBatch& batch) const
    {
        batch.info = {};
        fill(batch.info, batch.tick);
        auto const& outputs = parts_.graph.outputs();
        for (std::size_t i = 0; i < outputs.size(); ++i) {
            if (!batch.described[i]) continue;
            OutputOperationInfo operation;
            operation.batchTime = batch.tick.time;
            operation.id = i;
            auto const& label = outputs[i]->label;
            operation.description = where(label);
            operation.name = concat({label.kind, " at ", label.at.file, ":", Digits{label.at.line}.text()});
            batch.info.outputOperations.push_back(std::move(operation));
        }
    }

    /// It has failed before anything was asked for it.
    SLUICE_COLD bool neverDescribed(RunningBatch& batch)
    {
        parts_.log(LogLevel::error, {}, batch.tick.time, errorText(batch.failure));
        parts_.owner.failed(batch.failure);
        return false;
    }

    /// What fails for good fails the batch; outputs that do not need it run.
    SLUICE_COLD void update(RunningBatch& batch)
    {
        parts_.graph.updateDue([&](LastingNode& node) {
            auto const attempt = [&]() -> std::exception_ptr {
                try {
                    InActivity const mark{node.label, batch.tick.time};
                    node.update();
                } catch (...) {
                    return caught(node.label, batch.tick.time);
                }
                return nullptr;
            };
            auto error = attempt();
            if (error != nullptr) error = settle(node.label, batch.tick.time, std::move(error), attempt);
            if (error != nullptr) node.abandon();
            if (batch.failure == nullptr) batch.failure = std::move(error);
        });
    }

    [[nodiscard]] SLUICE_COLD bool hasRecords(Tick const& tick) const
    {
        for (auto const& input : parts_.graph.inputs()) {
            if (input->info(tick.time).numRecords > 0) return true;
        }
        return false;
    }

    SLUICE_COLD void fill(BatchInfo& info, Tick const& tick) const
    {
        info.batchTime = tick.time;
        info.submissionTime = tick.submitted;
        for (auto const& input : parts_.graph.inputs()) info.inputs.push_back(input->info(tick.time));
    }

    [[nodiscard]] SLUICE_COLD static OutputOperationInfo& operation(RunningBatch& batch, std::size_t i)
    {
        auto& all = batch.info.outputOperations;  // in the order of ids; those without a job are left out
        std::size_t begin = 0;
        for (auto end = all.size(); begin < end;) {
            auto const middle = begin + (end - begin) / 2;
            if (all[middle].id < i) begin = middle + 1;
            else end = middle;
        }
        return all[begin];
    }

    JobParts<Void> parts_;
    unsigned retries_;
};

}  // namespace sluice::inline SLUICE_ABI::detail
