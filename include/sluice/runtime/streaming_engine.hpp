#pragma once

#include <sluice/runtime/context.hpp>
#include <sluice/runtime/job_scheduler.hpp>
#include <sluice/runtime/rate_limiter.hpp>
#include <sluice/runtime/receiver_host.hpp>
#include <sluice/runtime/system_clock.hpp>

// One file although it is long: a start, a stop, one that is hastened and one from within a job are steps of one life, under one lock.

namespace sluice::inline SLUICE_ABI {

class StreamingContext;

/// How a context stops.
///
/// ```cpp
/// StreamingContext ssc{{.master = "local[1]"}, 1s};
/// ssc.stop({.gracefully = true, .deadline = 5s});
/// CHECK(ssc.getState() == ContextState::stopped);
/// ```
struct StopOptions {
    /// Whether its `Context` stops with it; unset: `Config::stopContextByDefault`.
    std::optional<bool> stopContext{};
    /// Whether what has been received is processed first.
    bool gracefully = false;
    /// How long the stop may take, in real time. When it is over, what still runs is told to give up, and has one more second
    /// for it; then the stop returns, and the log names what is left. Unset: `Config::gracefulStopTimeout`, without grace two seconds.
    ///
    /// What runs in the thread that calls stop is not left behind: the `stop()` of a source of your own, which has to be quick, and
    /// where the master is `inline` the last batches, which are told to give up at the deadline: between records, not within a function.
    std::optional<Duration> deadline{};
};

/// initialized → active → stopped, never back.
enum class ContextState { initialized, active, stopped };

namespace detail {

/// What a StreamingContext is made of, behind a border. The classes of the engine are templates without need, so that
/// they are compiled where a context is made, and not in every file that includes the library.
struct StreamingEngineBase : Disposable {
    virtual void start(CallSite at) = 0;
    virtual void stop(StopOptions const& options) = 0;
    /// The context goes: what still runs is stopped, and no thread is left.
    virtual void finish() = 0;
    /// Until stopped, or something failed: then it throws. False: the time is over.
    virtual bool awaitTermination(std::optional<Duration> timeout) = 0;
    virtual void awaitBatches() const = 0;
    [[nodiscard]] virtual bool awaitBatches(Duration timeout) = 0;
    [[nodiscard]] virtual ContextState state() const = 0;
    [[nodiscard]] virtual StreamingContext& owner() const = 0;
    [[nodiscard]] virtual Clock const& clock() const = 0;
    [[nodiscard]] virtual std::string_view appName() const = 0;
    [[nodiscard]] virtual Listeners& listeners() = 0;
};

using MakeEngine = Counted<StreamingEngineBase> (*)(StreamingContext& owner, Counted<GraphCore> graph, Context context);

/// The active exclusive context of the process.
struct ActiveEngine {
    std::mutex mutex;
    StreamingEngineBase* engine = nullptr;
    CallSite startedAt{};  // kept here: the engine itself may be on its way out when another one asks
};
inline ActiveEngine activeEngine;

template <class Void = void>
class StreamingEngine final : public StreamingEngineBase, SchedulerOwner, GraphOwner {
    using Steady = std::chrono::steady_clock;

public:
    using RateLimiters = detail::RateLimiters<Void>;

    /// Not inline, so that the compiled mode spares the files of a program all that it is made of.
    static Counted<StreamingEngineBase> make(StreamingContext& owner, Counted<GraphCore> graph, Context context);

    SLUICE_COLD StreamingEngine(StreamingContext& owner, Counted<GraphCore> graph, Context context, Clock clock)
        : owner_(&owner),
          graph_(std::move(graph)),
          context_(std::move(context)),
          clock_(std::move(clock)),
          workers_(makeCounted<CancellableWorkers<Void>>(context_.workers())),
          log_(config().log),
          listeners_({*graph_, log_, clock_, config().onThreadStart, owner_})
    {
        graph_->setPlace(EnginePlace{Counted<Engine>{workers_}});
        graph_->setOwner(this);
    }
    SLUICE_COLD ~StreamingEngine() override = default;

    SLUICE_COLD void start(CallSite at) override
    {
        Alone const alone{*this, Steady::time_point::max()};
        OwnedThread const mark{owner_};  // what is called from here may stop the context
        if (state_ == ContextState::active) return warn("start(): the context is active already");
        if (state_ == ContextState::stopped) {
            throw IllegalState{
                "sluice::StreamingContext::start: the context has already been stopped, and cannot be "
                "started again"};
        }
        if (config().exclusive) enterProcess(at);
        try {
            if (context_.isStopped()) throw IllegalState{"sluice::StreamingContext::start: its Context has been stopped"};
            graph_->validate();
            startParts();
            state_ = ContextState::active;
        } catch (...) {
            for (auto const& receiver : receivers_) receiver->requestStop(false);
            if (scheduler_) {
                clock_.base().stop(*scheduler_);
                scheduler_->stop();
            }
            ended();
            receivers_.clear();
            stopInputs();
            throw;
        }
    }

    SLUICE_COLD void stop(StopOptions const& options) override
    {
        hasten(options);
        if (ownerOfThread != owner_) return stopHere(options);
        // A thread of one's own would wait for itself.
        std::string why;
        {
            std::lock_guard const lock{monitor_};
            if (stopper_.joinable() && !options.gracefully) hastened_ = true;  // it may not have begun yet
            if (stopper_.joinable() || stopDone_) return;
            bool const again = wanted_.has_value();
            try {
                stopper_ = io::startThread("sluice-stop", config().onThreadStart, [this, options] { stopHere(options); });
                wanted_.reset();
                return;
            } catch (...) {
                wanted_ = options;
                isWanted_ = true;
                monitor_.notifyAll();  // who waits for the end stops it, or the next tick does, or the destructor
                if (again) return;
                why = errorText(std::current_exception());
            }
        }
        tell(LogLevel::error, {}, {"stop(): there is no thread for it, so it is tried again: ", why});
    }

    SLUICE_COLD void finish() override
    {
        joinStopper();  // its options come first
        stopWanted();
        // A Context that was given, and never used here, is not stopped.
        if (state_ == ContextState::active) stopHere({});
        else if (state_ == ContextState::initialized) ended();
        joinStopper();
        finishLeft();
        endCheckpoints();  // also where it never started
        listeners_.finish();
    }

    SLUICE_COLD bool awaitTermination(std::optional<Duration> timeout) override
    {
        auto const* const call = timeout ? "awaitTerminationOrTimeout" : "awaitTermination";
        if (ownerOfThread == owner_) {
            throw IllegalState{concat({"sluice::StreamingContext::", call,
                                       ": a job, a receiver or a listener of the context would wait "
                                       "for itself: it is for the thread that has started the context"})};
        }
        if (state_ == ContextState::initialized) {
            throw IllegalState{concat({"sluice::StreamingContext::", call, ": the context has not been started, so nothing would end it"})};
        }
        auto const end = timeout ? io::Monitor::after(*timeout) : Steady::time_point::max();
        if (!awaitUntil(end, Condition::overOrFailed)) return false;
        stopWanted();
        std::unique_lock lock{monitor_};
        if (error_ == nullptr) return true;
        auto const error = error_;
        bool const stopped = stopDone_;
        lock.unlock();
        if (!stopped) stop({});  // whoever catches it finds nothing running
        std::rethrow_exception(error);
    }

    void awaitBatches() const override
    {
        requireNoJob();
        if (scheduler_) scheduler_->await(scheduler_->posted());
    }
    [[nodiscard]] SLUICE_COLD bool awaitBatches(Duration timeout) override
    {
        requireNoJob();
        if (!scheduler_) return true;
        scheduler_->watch();
        return awaitUntil(io::Monitor::after(timeout), Condition::idle);
    }

    [[nodiscard]] ContextState state() const override { return state_.load(); }
    [[nodiscard]] StreamingContext& owner() const override { return *owner_; }
    [[nodiscard]] Clock const& clock() const override { return clock_; }
    [[nodiscard]] std::string_view appName() const override { return config().appName; }
    [[nodiscard]] Listeners& listeners() override { return listeners_; }

private:
    [[nodiscard]] Config const& config() const override { return context_.config(); }
    [[nodiscard]] Time now() const override { return clock_.now(); }
    SLUICE_COLD void log(LogEntry const& entry) override { log_(entry.level, entry.label, entry.batchTime, entry.text); }

    SLUICE_COLD void requireNoJob() const
    {
        if (ownerOfThread != owner_ || batchOfThread == noBatch) return;
        throw IllegalState{"sluice::StreamingContext::awaitBatches: a job would wait for its own batch"};
    }

    void joinStopper()
    {
        std::unique_lock lock{monitor_};
        auto stopper = std::move(stopper_);
        lock.unlock();
        if (stopper.joinable()) stopper.join();
    }

    /// A stop for which there was no thread.
    SLUICE_COLD void stopWanted()
    {
        std::optional<StopOptions> options;
        {
            std::lock_guard const lock{monitor_};
            if (!stopDone_ && !stopper_.joinable()) options = wanted_;
        }
        if (options) stopHere(*options);
    }
    void ticked() override
    {
        if (isWanted_.load(std::memory_order_relaxed)) stopAgain();
    }
    SLUICE_COLD void stopAgain()
    {
        StopOptions options;
        {
            std::lock_guard const lock{monitor_};
            if (!wanted_) return;
            options = *wanted_;
        }
        stop(options);
    }

    SLUICE_COLD void warn(std::string_view text) noexcept { tell(LogLevel::warning, {}, {text}); }
    SLUICE_COLD void tell(LogLevel level, Label const& label, std::initializer_list<std::string_view> parts) noexcept
    {
        log_.tell(level, label, {}, parts);
    }

    SLUICE_COLD void enterProcess(CallSite at)
    {
        std::lock_guard const lock{activeEngine.mutex};
        if (activeEngine.engine == nullptr) {
            activeEngine.engine = this;
            activeEngine.startedAt = at;
            return;
        }
        auto const& other = activeEngine.startedAt;
        auto const name = activeEngine.engine->appName();
        throw IllegalState{concat({"sluice::StreamingContext::start: only one exclusive context may be active in a process, and ",
                                   name.empty() ? std::string_view{"one"} : name, " was started at ", other.file, ":",
                                   Digits{other.line}.text(), "; Config::exclusive = false allows several"})};
    }

    SLUICE_COLD void startParts()
    {
        auto const interval = graph_->interval();
        auto const now = clock_.now();
        auto const floor = now.floor(interval);
        auto const first = floor > now ? floor : floor + interval;  // before the epoch floor goes up
        Checkpointing::Grid grid{first - interval, first};
        if (auto* const keeper = graph_->checkpointing()) grid = keeper->start(*graph_, grid.zero);
        else if (auto const& parts = graph_->checkpointed(); !parts.empty())
            tell(LogLevel::warning, parts[0]->label(), {"it is not kept: there is no checkpoint(context, directory)"});
        graph_->start(grid.zero, grid.next);  // nothing is added from here on
        JobParts const parts{*graph_, listeners_, log_, clock_, config(), *this, owner_};
        endsItself_ = parts.last() == BatchFailure::stop;
        scheduler_.emplace(parts, grid.next - interval, first);
        scheduler_->begin(!context_.inlined());
        for (auto const& input : graph_->inputs()) {
            ++startedInputs_;  // also the one that fails half-way
            input->start();
        }
        if (auto* const bus = listeners_.active()) bus->streamingStarted(now);
        for (auto const& input : graph_->inputs()) {
            if (input->receiver() != nullptr) receivers_.push_back(makeCounted<ReceiverHost<Void>>(*input, parts));
        }
        for (; grid.next < first; grid.next = grid.next + interval)
            scheduler_->tick(grid.next);  // those that were not finished, and those since
        clock_.base().start(grid.next, interval, *scheduler_, config().catchUp);
    }

    /// One start or stop at a time.
    class Alone {
    public:
        Alone(StreamingEngine& engine, Steady::time_point end) : engine_(engine)
        {
            std::lock_guard const lock{engine.monitor_};
            taken_ = engine.awaitLocked(end, Condition::free);
            if (taken_) engine.busy_ = true;
        }
        Alone(Alone const&) = delete;
        Alone& operator=(Alone const&) = delete;
        ~Alone()
        {
            if (!taken_) return;
            std::lock_guard const lock{engine_.monitor_};
            engine_.busy_ = false;
            engine_.monitor_.notifyAll();
        }
        [[nodiscard]] explicit operator bool() const { return taken_; }

    private:
        StreamingEngine& engine_;
        bool taken_ = false;
    };

    [[nodiscard]] SLUICE_COLD Steady::time_point deadlineOf(StopOptions const& options) const
    {
        auto const unset =
            options.gracefully ? config().gracefulStopTimeout.value_or(times(graph_->interval(), 10)) : Duration{std::chrono::seconds{2}};
        return io::Monitor::after(options.deadline.value_or(unset));
    }
    /// What is told to give up has a second for it; what comes when that is over, a moment.
    [[nodiscard]] static Steady::time_point behind(Steady::time_point deadline)
    {
        constexpr std::chrono::seconds more{1};
        auto const end = deadline < Steady::time_point::max() - more ? deadline + more : deadline;
        auto const least = Steady::now() + std::chrono::milliseconds{100};
        return end < least ? least : end;
    }

    /// A stop that is on its way ends as soon as each that was asked for since, and without grace where one was.
    SLUICE_COLD void hasten(StopOptions const& options)
    {
        auto const deadline = deadlineOf(options);
        std::lock_guard const lock{monitor_};
        if (!stopping_) return;
        if (!options.gracefully) gracefully_ = false;
        if (deadline < deadline_) deadline_ = deadline;
        if (context_.inlined() && state_ == ContextState::active) workers_->cancelAt(deadline_);
        monitor_.notifyAll();
    }

    SLUICE_COLD void stopHere(StopOptions const& options)
    {
        auto const deadline = deadlineOf(options);
        Alone const alone{*this, behind(deadline)};
        if (!alone) {
            return tell(LogLevel::error, {},
                        {"stop(): at its deadline start(), or another stop, is still on its way: the context is not stopped"});
        }
        OwnedThread const mark{owner_};
        {
            std::lock_guard const lock{monitor_};
            deadline_ = deadline;
            gracefully_ = options.gracefully && !hastened_;
            if (hastened_) deadline_ = deadlineOf({.stopContext = {}, .gracefully = false, .deadline = {}});
            stopping_ = true;
        }
        if (state_ == ContextState::active) {
            stopParts();
        } else {
            warn(state_ == ContextState::stopped ? "stop(): the context has been stopped already"
                                                 : "stop(): the context has not been started");
            if (!jobsLeft_) endCheckpoints();
        }
        if (!listeners_.stop(gracefully(), deadlineNow(), behind(deadlineNow()))) {
            tell(LogLevel::error, {}, {"stop(): a listener has not returned, and is left behind: the context's destructor waits for it"});
        }
        bool const stopsContext = options.stopContext.value_or(config().stopContextByDefault);
        if (jobsLeft_) stopsContextLater_ = stopsContextLater_ || stopsContext;
        else if (stopsContext && !context_.stopBy(behind(deadlineNow()))) {
            tell(LogLevel::error, {}, {"stop(): a thread of the host's is within a loop on the Context, whose workers are left behind"});
        }
        {
            std::lock_guard const lock{monitor_};
            stopping_ = false;
            if (!jobsLeft_) workers_->cancel(false);  // batches that somebody kept can still be run
        }
        ended();
    }

    SLUICE_COLD void stopParts()
    {
        scheduler_->watch();
        if (context_.inlined()) workers_->cancelAt(deadlineNow());  // nobody could tell what this thread runs to give up
        scheduler_->ending();
        endReceivers();
        if (gracefully()) finishReceived();
        bool left = !clock_.base().stopBy(*scheduler_, deadlineNow());
        if (gracefully() && !left) finishLast();
        if (!gracefully()) scheduler_->skipWaiting();
        // A batch that is still running may end; then it is told to give up, and is waited for once more.
        if (left || !await(Condition::idleOrGivenUp)) {
            warn("stop(): the deadline is over, what has not been processed is dropped");
            nameJobs("it is still running");
            scheduler_->skipWaiting();
            workers_->cancel(true);
            left = !clock_.base().stopBy(*scheduler_, behind(deadlineNow()));
            scheduler_->quit();
        } else {
            scheduler_->quit();
            if (!await(Condition::jobsOver)) {  // no batch begins any more, because one has come too late: that before it goes on
                nameJobs("it is still running");
                workers_->cancel(true);
            }
        }
        if (!awaitOver(Condition::jobsOver) || left) {
            jobsLeft_ = true;  // they are told to give up until they do
            nameJobs("it has not given up, and is left behind: the context's destructor waits for it");
        } else {
            scheduler_->stop();
        }
        tellOfWaiting();
        if (!jobsLeft_) endCheckpoints();
        if (!jobsLeft_) stopInputs();
        leaveReceivers();
    }

    /// With grace what they store until they have ended belongs to the last batches, which go on being made meanwhile.
    SLUICE_COLD void endReceivers()
    {
        bool const graceful = gracefully();
        for (auto const& receiver : receivers_) receiver->requestStop(graceful);
        if (!graceful) silence();
        auto& clock = clock_.base();
        while (graceful && clock.manual() && !areReceiversOver() && gracefully() && Steady::now() < deadlineNow()) {
            if (isBlocked() && scheduler_->idle() && !clock.ticking()) tickOnce();
            else awaitUntil(io::Monitor::after(std::chrono::milliseconds{1}), Condition::receiversOver);
        }
        if (graceful) {
            await(Condition::receiversOverOrHastened);
            if (!areReceiversOver()) {
                for (auto const& receiver : receivers_) receiver->requestStop(false);
            }
            silence();
        }
        if (await(Condition::receiversOver) || awaitOver(Condition::receiversOver)) return;
        for (auto const& receiver : receivers_) {
            if (receiver->over()) continue;
            tell(LogLevel::error, receiver->input().label,
                 {"stop(): the deadline is over, and the receiver has not ended: the context's destructor waits for it"});
        }
    }

    void silence()
    {
        for (auto const& input : graph_->inputs()) input->silence();
    }
    [[nodiscard]] SLUICE_COLD bool isBlocked() const
    {
        for (auto const& input : graph_->inputs()) {
            if (input->isBlocked()) return true;
        }
        return false;
    }
    [[nodiscard]] SLUICE_COLD bool hasWaiting() const
    {
        for (auto const& input : graph_->inputs()) {
            if (input->hasWaiting()) return true;
        }
        return false;
    }
    SLUICE_COLD void tickOnce()
    {
        auto const interval = graph_->interval();
        clock_.base().setTime(clock_.now().floor(interval) + interval);
    }

    /// Receivers are silent: the batches go on until what they have left is in one.
    SLUICE_COLD void finishReceived()
    {
        while (clock_.base().manual() && hasWaiting() && await(Condition::idleOrHastened) && gracefully() && !scheduler_->hasGivenUp() &&
               !clock_.base().ticking() && Steady::now() < deadlineNow()) {
            tickOnce();
        }
        if (!await(Condition::nothingWaits)) warn("stop(): the deadline is over before all that was received was in a batch");
    }

    /// The clock has stopped: what came of the last batches themselves, as dead letters do, makes more.
    SLUICE_COLD void finishLast()
    {
        while (await(Condition::idleOrHastened) && gracefully() && hasWaiting() && !scheduler_->hasGivenUp() &&
               Steady::now() < deadlineNow()) {
            scheduler_->tick(scheduler_->lastTick() + graph_->interval());
        }
    }

    /// What is in no batch, and will be in none.
    SLUICE_COLD void tellOfWaiting()
    {
        for (auto const& input : graph_->inputs()) {
            auto const records = input->waiting();
            if (records == 0) continue;
            tell(LogLevel::warning, input->label,
                 {"stop(): ", Digits{records}.text(), " records that were received are in no batch, and ",
                  input->keeper != nullptr ? "wait for the next start" : "are dropped"});
        }
    }

    /// The operator, the batch, and since when, of each job that runs.
    SLUICE_COLD void nameJobs(std::string_view what)
    {
        scheduler_->eachActivity([&](Activity const& activity) { nameJob(activity, what); });
    }
    SLUICE_COLD void nameJob(Activity const& activity, std::string_view what)
    {
        auto const* const label = activity.label.load(std::memory_order_acquire);
        if (label == nullptr) return;
        auto const since = activity.since.load(std::memory_order_relaxed);
        Time const batch{Duration{activity.batch.load(std::memory_order_relaxed)}};
        try {
            log_(LogLevel::error, *label, batch,
                 concat({"stop(): ", what, "; it began at ", stampOf(since), ", ", toString(Duration{Activity::wallClock() - since}),
                         " ago"}));
        } catch (...) {
            log_.tell(LogLevel::error, *label, batch, {"stop(): ", what});
        }
    }

    /// Those that have not ended stay, until the destructor waits for them.
    SLUICE_COLD void leaveReceivers()
    {
        for (auto i = receivers_.size(); i-- > 0;) {
            if (receivers_[i]->over()) receivers_.erase(i);
        }
    }

    /// What a stop has left behind.
    SLUICE_COLD void finishLeft()
    {
        for (auto const& receiver : receivers_) receiver->join();
        receivers_.clear();
        if (!jobsLeft_) return;
        clock_.base().stop(*scheduler_);
        scheduler_->stop();
        jobsLeft_ = false;
        workers_->cancel(false);
        endCheckpoints();
        stopInputs();
        if (stopsContextLater_) context_.stop();
    }

    SLUICE_COLD void endCheckpoints()
    {
        auto* const keeper = graph_->checkpointing();
        if (keeper == nullptr) return;
        try {
            keeper->stop();
        } catch (...) {
            auto const error = std::current_exception();
            tell(LogLevel::error, {}, {"stop(): ", errorText(error)});
            failed(error);
        }
    }

    /// Each that was started, whatever another one throws.
    SLUICE_COLD void stopInputs()
    {
        for (std::size_t i = 0; i < startedInputs_; ++i) {
            auto& input = *graph_->inputs()[i];
            try {
                input.stop();
            } catch (...) {
                tell(LogLevel::error, input.label, {"stop: ", errorText(std::current_exception())});
            }
        }
        startedInputs_ = 0;
    }

    /// The last step, of a stop as of a start that failed.
    SLUICE_COLD void ended()
    {
        graph_->setPhase(GraphCore::Phase::stopped);
        for (auto const& input : graph_->inputs()) input->silence();  // also where it was never started
        {
            std::lock_guard const lock{activeEngine.mutex};
            if (activeEngine.engine == this) activeEngine.engine = nullptr;
        }
        std::lock_guard const lock{monitor_};
        state_ = ContextState::stopped;
        stopDone_ = true;
        monitor_.notifyAll();
    }

    /// What is waited for, and looked at under monitor_ whenever something has changed: a batch has ended, once scheduler_ is watched, a
    /// receiver has, or somebody asks for a stop.
    enum class Condition {
        free,           // nobody else is Alone
        overOrFailed,   // the context has stopped, or is to
        idle,           // no batch is left
        idleOrGivenUp,  // … or none begins any more
        idleOrHastened,
        nothingWaits,  // all that was received is in a batch; or it is told to hurry
        jobsOver,
        receiversOver,
        receiversOverOrHastened,
    };
    [[nodiscard]] SLUICE_COLD bool holds(Condition condition) const
    {
        bool const hastened = !gracefully_;
        switch (condition) {
            case Condition::free: return !busy_;
            case Condition::overOrFailed: return stopDone_ || wanted_ || (error_ != nullptr && !endsItself_);
            case Condition::idle: return scheduler_->idle();
            case Condition::idleOrGivenUp: return scheduler_->idle() || scheduler_->hasGivenUp();
            case Condition::idleOrHastened: return scheduler_->idle() || scheduler_->hasGivenUp() || hastened;
            case Condition::nothingWaits: return !hasWaiting() || scheduler_->hasGivenUp() || hastened;
            case Condition::jobsOver: return scheduler_->over();
            case Condition::receiversOver: return areReceiversOver();
            case Condition::receiversOverOrHastened: return areReceiversOver() || hastened;
        }
        return false;
    }
    [[nodiscard]] SLUICE_COLD bool areReceiversOver() const
    {
        for (auto const& receiver : receivers_) {
            if (!receiver->over()) return false;
        }
        return true;
    }

    /// Locked by the caller.
    SLUICE_COLD bool awaitLocked(Steady::time_point end, Condition condition)
    {
        return monitor_.waitUntil(end, [&] { return holds(condition); });
    }
    SLUICE_COLD bool awaitUntil(Steady::time_point end, Condition condition)
    {
        std::lock_guard const lock{monitor_};
        return awaitLocked(end, condition);
    }
    /// Until the deadline of the stop, which may come nearer meanwhile.
    SLUICE_COLD bool await(Condition condition)
    {
        std::lock_guard const lock{monitor_};
        for (;;) {
            auto const end = deadline_;
            if (monitor_.waitUntil(end, [&] { return holds(condition) || deadline_ != end; }) && holds(condition)) return true;
            if (deadline_ == end) return false;
        }
    }
    /// A second longer.
    SLUICE_COLD bool awaitOver(Condition condition) { return awaitUntil(behind(deadlineNow()), condition); }

    [[nodiscard]] bool gracefully() const
    {
        std::lock_guard const lock{monitor_};
        return gracefully_;
    }
    [[nodiscard]] Steady::time_point deadlineNow() const
    {
        std::lock_guard const lock{monitor_};
        return deadline_;
    }

    SLUICE_COLD void failed(std::exception_ptr error) override
    {
        std::lock_guard const lock{monitor_};
        if (error_ == nullptr) error_ = std::move(error);
        monitor_.notifyAll();
    }

    SLUICE_COLD void giveUp() override { stop({}); }

    void progressed() override
    {
        std::lock_guard const lock{monitor_};
        monitor_.notifyAll();
    }

    StreamingContext* owner_;
    Counted<GraphCore> graph_;
    Context context_;
    Clock clock_;
    Counted<CancellableWorkers<Void>> workers_;
    Log log_;
    Listeners listeners_;
    std::optional<JobScheduler<Void>> scheduler_;
    List<Counted<ReceiverHost<Void>>> receivers_;
    std::size_t startedInputs_ = 0;
    std::thread stopper_;

    std::atomic<ContextState> state_{ContextState::initialized};
    bool jobsLeft_ = false;           // a job runs on after the stop
    bool stopsContextLater_ = false;  // when it has ended
    mutable io::Monitor monitor_;     // over what follows
    bool busy_ = false;               // one start or stop is Alone
    bool stopping_ = false;           // a stop is on its way: until then, and with grace or not
    Steady::time_point deadline_{};
    bool gracefully_ = false;
    bool hastened_ = false;  // while the thread of a stop was on its way
    std::exception_ptr error_;
    bool endsItself_ = false;            // where something fails: then who waits waits for that
    std::optional<StopOptions> wanted_;  // a stop that found no thread
    std::atomic<bool> isWanted_{false};
    bool stopDone_ = false;
};

template <class Void>
Counted<StreamingEngineBase> StreamingEngine<Void>::make(StreamingContext& owner, Counted<GraphCore> graph, Context context)
{
    auto const& config = context.config();
    if (config.concurrentJobs == 0) throw InvalidArgument{"sluice::Config::concurrentJobs: at least one job runs at a time, got 0"};
    auto const latest = config.maxSchedulingDelay.value_or(Duration{1});
    checkNumber("maxSchedulingDelay in seconds", static_cast<double>(latest.count()) / 1e6, false);
    Clock clock = config.clock ? config.clock : Clock{SystemClock{config.onThreadStart}};
    if (config.receiverMaxRate > 0 || config.backpressureEnabled) {
        graph->setRateLimits(Counted<RateLimits>{new RateLimiters(config, graph->interval(), clock)});
    }
    auto* const engine = new StreamingEngine(owner, std::move(graph), std::move(context), std::move(clock));
    return Counted<StreamingEngineBase>{engine};
}

#ifdef SLUICE_COMPILED
extern template class Counted<StreamingEngineBase>;  // <sluice/compiled.cpp>
extern template class StreamingEngine<>;             // <sluice/compiled.cpp>
#endif

}  // namespace detail
}  // namespace sluice::inline SLUICE_ABI
