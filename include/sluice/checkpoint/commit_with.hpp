#pragma once

#include <sluice/batch/operator.hpp>
#include <sluice/runtime/batch_runner.hpp>
#include <sluice/runtime/streaming_context.hpp>

#include <concepts>
#include <exception>

namespace sluice::inline SLUICE_ABI {

/// A sink that takes part in the commit of a batch, in two phases: see `commitWith`. All of it is called by the thread of the jobs (with the
/// master `inline` that which moves the clock), one call at a time.
///
/// ```cpp
/// struct Printed : TransactionalSink {
///     void commit(Time t) override { last = t; }
///     Time last{};
/// };
/// Printed sink;
/// static_cast<TransactionalSink&>(sink).prepare(Time{1s});  // nothing, where it is not overridden
/// ```
class TransactionalSink {
public:
    TransactionalSink() = default;
    TransactionalSink(TransactionalSink const&) = default;
    TransactionalSink& operator=(TransactionalSink const&) = default;
    virtual ~TransactionalSink() = default;

    /// All outputs of batch t have run: what they have given is to outlast the process, and be seen by nobody yet. Who throws refuses the batch.
    virtual void prepare(Time) {}
    /// All sinks have prepared batch t: it is to be seen. Called again for the same batch, it does nothing more.
    virtual void commit(Time) = 0;
    /// Batch t has failed, or a sink has refused it: what was given for it counts no more. What is thrown is logged.
    virtual void abort(Time) {}
};

namespace detail {

class TransactionalSinks final : public BatchScoped, public BatchCommit {
public:
    explicit TransactionalSinks(StreamingContext& context) : graph_(*context.core()), retries_(context.config().onBatchFailure.retries) {}

    void add(TransactionalSink& sink, Label const& label) { sinks_.push_back({&sink, label}); }

    void begin(Time) override {}
    void finish(Time) override {}
    [[nodiscard]] TransactionalSinks* sinks() override { return this; }
    [[gnu::cold]] void end(RunningBatch& batch, SchedulerOwner& owner) override
    {
        auto const t = batch.tick.time;
        if (batch.failure != nullptr) return abort(t);
        if (!prepared(t, batch.failure)) abort(t);
        else commit(t, batch.failure);
        if (batch.failure != nullptr) owner.failed(batch.failure);
    }

private:
    struct Part {
        TransactionalSink* sink;
        Label label;
    };

    [[gnu::cold]] bool prepared(Time t, std::exception_ptr& failure)
    {
        for (auto const& part : sinks_) {
            if (!does(&TransactionalSink::prepare, part, t, failure)) return false;
        }
        return true;
    }
    /// It is decided: each that can is committed, whatever another one throws.
    [[gnu::cold]] void commit(Time t, std::exception_ptr& failure)
    {
        for (auto const& part : sinks_) does(&TransactionalSink::commit, part, t, failure);
    }
    /// As often as is allowed; the first failure counts.
    [[gnu::cold]] bool does(void (TransactionalSink::*step)(Time), Part const& part, Time t, std::exception_ptr& failure)
    {
        for (auto left = retries_;; --left) {
            std::exception_ptr error;
            try {
                (part.sink->*step)(t);
                return true;
            } catch (...) {
                error = BatchRunner<>::caught(part.label, t);
            }
            graph_.log({left > 0 ? LogLevel::warning : LogLevel::error, part.label, t,
                        concat({left > 0 ? "it is tried again: " : "", errorText(error)})});
            if (left > 0) continue;
            if (failure == nullptr) failure = error;
            return false;
        }
    }
    [[gnu::cold]] void abort(Time t)
    {
        for (auto const& part : sinks_) {
            try {
                part.sink->abort(t);
            } catch (...) {
                graph_.log({LogLevel::error, part.label, t, concat({"abort: ", errorText(std::current_exception())})});
            }
        }
    }

    GraphCore& graph_;  // which holds this
    unsigned retries_;
    List<Part> sinks_;
};

struct CommitWithFn : OperatorFnBase {
    SLUICE_COLD void operator()(StreamingContext& context, TransactionalSink& sink, CallSite at = CallSite::here()) const
    {
        Label const label{"commitWith", at};
        auto& graph = *context.core();
        graph.requireBuilding(label);
        if (graph.commit() == nullptr) {
            auto const sinks = makeCounted<TransactionalSinks>(context);
            graph.add(Counted<BatchScoped>{sinks});
            graph.setCommit(*sinks);
        }
        auto* const sinks = graph.commit()->sinks();
        if (sinks == nullptr) {
            throw InvalidArgument{
                concat({where(label), ": the batches of this context are committed by ", where(graph.checkpointingLabel()),
                        ", whose transaction a sink of one's own cannot take part in"})};
        }
        sinks->add(sink, label);
        graph.addState();
    }

    template <class S>
        requires(!std::convertible_to<S, TransactionalSink&>)
    constexpr void operator()(StreamingContext&, S&&, CallSite = CallSite::here()) const
    {
        static_assert(
            std::convertible_to<S, TransactionalSink&>,
            "sluice::commitWith(context, sink): the sink is an object whose class derives from sluice::TransactionalSink, that is "
            "not const and lasts as long as the context: no temporary");
    }
};

}  // namespace detail

/// Makes a sink of one's own a part of the commit of each batch: `commitWith(context, sink)`, before `start`. What outputs give it, in
/// `foreachRDD` and whatever else writes to it, is seen when the batch is done, and not at all where the batch fails: also what several outputs
/// give, or what goes to several sinks.
///
/// When all outputs of batch t have run, each sink is asked to `prepare(t)`, in the order in which they were given; when all have, each is told
/// to `commit(t)`, and then states and positions are kept: that is the commit of the batch, one step of the scheduler. Where an output has
/// failed, or a sink has thrown in `prepare`, each is told to `abort(t)`. What `prepare` or `commit` throws is tried again as often as
/// `retry(n)` says; then the batch has failed, as a `StreamError` that names this line, and no state or position of it is kept. Once one sink may
/// have committed, none is told to abort.
///
/// With a `checkpoint` it is exactly once, for a sink that knows batches by their time. A process may end at each step, and the batch runs again
/// in the next one, with the same time, and the same records where the source gives them again: before `commit(t)` has returned what was
/// prepared for t is to be thrown away when outputs give it again; after that `commit(t)` comes once more, since the checkpoint did not know of
/// it: so a sink keeps the time of its last commit by the same step, and does nothing for one that is no later. With
/// `CheckpointOptions::interval` it is all batches since the last one that was written. Times ascend, and no batch begins before the one before it
/// is done, whatever `Config::concurrentJobs` is; as with a state a batch that fails ends the context, unless `onBatchFailure` says `proceed`.
///
/// The sink is not copied: it lasts as long as the context.
///
/// ```cpp
/// struct Totals : TransactionalSink {
///     int total = 0;
///     Time last{};
///     std::optional<int> given;
///     void commit(Time t) override
///     {
///         if (t <= last || !given) return;
///         total += *given;
///         last = t;
///     }
///     void abort(Time) override { given.reset(); }
/// };
/// Totals totals;
/// ManualClock clock;
/// StreamingContext ssc{{.master = "inline", .clock = clock}, 1s};
/// constantStream(ssc, rdd({1, 2, 3})) | foreachRDD([&](auto batch) { totals.given = batch | sum(); });
/// commitWith(ssc, totals);
/// ssc.start();
/// clock.advance(2s);
/// CHECK(totals.total == 12);
/// ssc.stop();
/// ```
inline constexpr detail::CommitWithFn commitWith{};

}  // namespace sluice::inline SLUICE_ABI
