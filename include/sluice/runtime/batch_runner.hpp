#pragma once

#include <sluice/runtime/lateness.hpp>
#include <sluice/runtime/listeners.hpp>
#include <sluice/runtime/workers.hpp>
#include <sluice/stream/graph.hpp>

#include <time.h>

// One file although it is long: the steps of a batch, in their order, and what each does where it fails.

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
struct JobParts {
    GraphCore& graph;
    Listeners& listeners;
    Log& log;
    Clock clock;
    Config const& config;
    SchedulerOwner& owner;
    void const* thread;  // what ownerOfThread says there

    /// What follows a failed batch.
    [[nodiscard]] SLUICE_COLD BatchFailure last() const
    {
        bool const lasts = graph.hasState() || graph.checkpointing() != nullptr;
        return config.onBatchFailure.last.value_or(lasts ? stop : proceed);
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

/// A batch on its way.
struct RunningBatch : RefCounted {
    Tick tick;
    List<bool> planned;           // which outputs have a job
    Counted<BatchReport> report;  // where there were listeners when it began
    std::exception_ptr failure;   // the first one, when all was tried
    Duration late{};              // when it began
    std::size_t next = 0;         // the first output whose job nobody has taken
    std::size_t running = 0;      // jobs that are taken and not done

    void begin(Tick const& at, std::size_t outputs)
    {
        tick = at;
        report = {};
        failure = at.failure;
        next = running = 0;
        planned.clear();
        for (std::size_t i = 0; i < outputs; ++i) planned.push_back(false);
    }
};

/// The steps of one batch: planned, its jobs, and what is told of them. Who runs which step when is the scheduler's.
template <class Void = void>
class BatchRunner {
public:
    /// `ticks` is whom the clock calls, from `first` on.
    BatchRunner(JobParts const& parts, TickHandler const& ticks, Time first)
        : parts_(parts), ticks_(ticks), first_(first), lateness_(parts.graph.interval()), retries_(parts.config.onBatchFailure.retries)
    {
    }

    /// Plans the jobs of a batch, and takes the step of what lasts from batch to batch; false where there are no jobs.
    bool plan(RunningBatch& batch)
    {
        batch.late = latenessOf(batch.tick.time);
        if (lateness_.grows(batch.tick.time, batch.late)) lateness_.tell(parts_.log);
        GraphCore::Turn const turn{parts_.graph};
        if (batch.failure != nullptr) return neverPlanned(batch);
        try {
            parts_.graph.begin(batch.tick.time);
        } catch (...) {
            batch.failure = caught({}, batch.tick.time);
            return neverPlanned(batch);
        }
        if (auto* const keeper = parts_.graph.checkpointing()) {
            try {
                keeper->awaitBegun(batch.tick.time);
            } catch (...) {
                batch.failure = caught({}, batch.tick.time);
                return neverPlanned(batch);
            }
        }
        auto any = Planned::none;
        auto* label = tryPlan(batch, any);
        if (label != nullptr) any = notPlanned(batch, label);
        if (any == Planned::failed) return false;
        if (any == Planned::some) submitted(batch);
        if (parts_.graph.hasDue()) update(batch);
        if (any == Planned::none) submitted(batch);
        return any == Planned::some;
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
    std::exception_ptr retried(Label const& label, Time t, std::exception_ptr error, Again const& again)
    {
        return retriedBy(label, t, std::move(error), [](void const* f) { return (*static_cast<Again const*>(f))(); }, &again);
    }

    /// A batch that has failed is never done: it is skipped, or the last one. Whether others may follow.
    SLUICE_COLD bool goesOn(RunningBatch const& batch)
    {
        bool const isLast = parts_.last() != proceed;
        skipped(batch.tick, isLast, "it failed: ", errorText(batch.failure));
        if (!isLast) return true;
        parts_.owner.giveUp();
        return false;
    }

    /// What a batch held is lost, or is left to the next process: nobody should have to find out by counting. `isLast`: no batch is done
    /// behind it.
    SLUICE_COLD void skipped(Tick const& tick, bool isLast, std::string_view why, std::string_view what = {})
    {
        std::int64_t count = 0;
        try {
            for (auto const& input : parts_.graph.inputs()) count += input->info(tick.time).numRecords;
        } catch (...) {  // no memory to count what it had
        }
        Digits const records{count};
        std::string_view const how = isLast && parts_.graph.checkpointing() != nullptr ? "the batch is left to the next start, with "
                                                                                       : "the batch is skipped, with ";
        parts_.log.tell(LogLevel::warning, {}, tick.time, {how, records.text(), " records: ", why, what});
        if (auto* const bus = parts_.listeners.active()) bus->skipped(tick, why, what);
    }

    /// All jobs of a batch are over: sinks commit it, that is told, and inputs whose limit follows what batches process learn of it. One that failed
    /// may have been fast because it failed.
    void completed(RunningBatch& batch)
    {
        if (auto* const sinks = parts_.graph.commit()) sinks->end(batch, parts_.owner);
        if (batch.report) batch.report->completed();
        if (parts_.config.backpressureEnabled && batch.failure == nullptr) teach(batch);
    }

    /// The commit of a batch, in one place: it is done, or, where the context ends with it, not; what it held is free.
    void commit(Time t, bool done)
    {
        GraphCore::Turn const turn{parts_.graph};
        if (auto* const keeper = parts_.graph.checkpointing()) checkpoint(*keeper, t, done);
        for (auto const& input : parts_.graph.inputs()) input->finish(t);
        try {
            parts_.graph.evict(t);
        } catch (...) {  // what is kept too long goes with the next batch
            parts_.log.tell(LogLevel::error, {}, t, {"what the batch held is not free yet: ", errorText(std::current_exception())});
        }
    }

private:
    /// A batch that was due while there was no process is not late.
    [[nodiscard]] Duration latenessOf(Time t) const { return t < first_ ? Duration{0} : parts_.clock.base().lateness(ticks_, t); }

    SLUICE_COLD void teach(RunningBatch const& batch)
    {
        auto const t = batch.tick.time;
        if (t < first_) return;  // nobody knows how late it ended
        auto const end = latenessOf(t);
        for (auto const& input : parts_.graph.inputs()) {
            if (input->rateLimit) input->rateLimit->learn(input->info(t).numRecords, {t + end, end - batch.late, batch.late});
        }
    }

    SLUICE_COLD void checkpoint(Checkpointing& keeper, Time t, bool done)
    {
        if (!done) return keeper.close();
        try {
            keeper.committed(t);
        } catch (...) {
            auto const error = caught({}, t);
            parts_.log.tell(LogLevel::error, {}, t, {errorText(error)});
            parts_.owner.failed(error);
        }
    }

    SLUICE_COLD std::exception_ptr retriedBy(Label const& label, Time t, std::exception_ptr error, std::exception_ptr (*again)(void const*),
                                             void const* context)
    {
        bool const alone = parts_.config.concurrentJobs <= 1;
        if (alone) parts_.graph.attempt(true);
        for (unsigned left = retries_; left > 0 && error != nullptr; --left) {
            parts_.log.tell(LogLevel::warning, label, t, {"it is tried again: ", errorText(error)});
            error = again(context);
            if (alone && error != nullptr) parts_.graph.attempt(true);
        }
        if (error == nullptr) return error;
        parts_.log(LogLevel::error, label, t, errorText(error));
        parts_.owner.failed(error);
        return error;
    }

    enum class Planned { none, some, failed };

    /// The label of the output that could not be planned; what it throws is in failure then.
    Label const* tryPlan(RunningBatch& batch, Planned& any)
    {
        auto const t = batch.tick.time;
        auto const& outputs = parts_.graph.outputs();
        for (std::size_t i = 0; i < outputs.size(); ++i) {
            try {
                InActivity const mark{outputs[i]->label, t};
                batch.planned[i] = outputs[i]->plan(t);
                if (batch.planned[i]) any = Planned::some;
            } catch (...) {
                batch.failure = caught(outputs[i]->label, t);
                return &outputs[i]->label;
            }
        }
        return nullptr;
    }

    /// Tried again as a job is; a batch that cannot be planned has no job.
    SLUICE_COLD Planned notPlanned(RunningBatch& batch, Label const* label)
    {
        auto any = Planned::none;
        auto const error = std::exchange(batch.failure, nullptr);
        parts_.graph.abandonDue();
        batch.failure = retried(*label, batch.tick.time, error, [&] {
            parts_.graph.abandonDue();
            for (auto const& input : parts_.graph.inputs()) input->fixAgain(batch.tick.time);
            any = Planned::none;
            label = tryPlan(batch, any);
            return std::exchange(batch.failure, nullptr);
        });
        if (batch.failure == nullptr) return any;
        parts_.graph.abandonDue();
        return Planned::failed;
    }

    void submitted(RunningBatch& batch)
    {
        if (auto* const bus = parts_.listeners.active()) batch.report = bus->submitted(batch.tick, batch.planned);
    }

    /// It has failed before anything was asked for it.
    SLUICE_COLD bool neverPlanned(RunningBatch& batch)
    {
        parts_.log(LogLevel::error, {}, batch.tick.time, errorText(batch.failure));
        parts_.owner.failed(batch.failure);
        return false;
    }

    /// What fails for good fails the batch; outputs that do not need it run.
    SLUICE_COLD void update(RunningBatch& batch)
    {
        auto const t = batch.tick.time;
        parts_.graph.updateDue([&](LastingNode& node) {
            parts_.graph.attempt(false);
            auto error = updated(node, t);
            if (error != nullptr) error = retried(node.label, t, std::move(error), [&] { return updated(node, t); });
            if (error != nullptr) node.abandon();
            if (batch.failure == nullptr) batch.failure = std::move(error);
        });
    }
    SLUICE_COLD static std::exception_ptr updated(LastingNode& node, Time t)
    {
        try {
            InActivity const mark{node.label, t};
            node.update();
        } catch (...) {
            return caught(node.label, t);
        }
        return nullptr;
    }

    JobParts parts_;
    TickHandler const& ticks_;
    Time first_;
    Lateness lateness_;
    unsigned retries_;
};

}  // namespace sluice::inline SLUICE_ABI::detail
