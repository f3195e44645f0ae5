#pragma once

#include <sluice/runtime/context.hpp>
#include <sluice/runtime/job_scheduler.hpp>
#include <sluice/runtime/rate_limiter.hpp>
#include <sluice/runtime/receiver_host.hpp>
#include <sluice/runtime/system_clock.hpp>

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
    /// How long a graceful stop may take, in real time, before it goes on regardless; unset: `Config::gracefulStopTimeout`.
    std::optional<Duration> deadline{};
};

/// initialized → active → stopped, never back.
enum class ContextState { initialized, active, stopped };

namespace detail {

/// What a StreamingContext is made of, behind a border. The classes of the engine are templates without need, so that
/// they are compiled where a context is made, and not in every file that includes the library.
struct StreamingEngineBase : RefCounted {
    virtual ~StreamingEngineBase() = default;
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
    [[nodiscard]] virtual std::string_view appName() const = 0;
    virtual void addListener(StreamingListener& listener, Counted<ListenerOwner> owner) = 0;
    virtual void removeListener(StreamingListener& listener) = 0;
};

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

    /// Not inline, so that sluice/engine.hpp spares the files of a program all that it is made of.
    static Counted<StreamingEngineBase> make(StreamingContext& owner, Counted<GraphCore> graph, Context context,
                                             Clock clock);

    SLUICE_COLD StreamingEngine(StreamingContext& owner, Counted<GraphCore> graph, Context context, Clock clock)
        : owner_(&owner), graph_(std::move(graph)), context_(std::move(context)), clock_(std::move(clock)),
          workers_(makeCounted<CancellableWorkers<Void>>(context_.workers())),
          log_(config().log), bus_(makeCounted<ListenerBus<Void>>(config().onThreadStart, [this] { ownerOfThread = owner_; }, log_))
    {
        graph_->setPlace(EnginePlace{Counted<Engine>{workers_}});
        if (config().concurrentJobs == 0) {
            throw InvalidArgument{"sluice::Config::concurrentJobs: at least one job runs at a time, got 0"};
        }
        graph_->setOwner(this);
    }
    SLUICE_COLD ~StreamingEngine() override = default;

    SLUICE_COLD void start(CallSite at) override
    {
        std::lock_guard const lock{stopping_};
        OwnedThread const mark{owner_};  // what is called from here may stop the context
        if (state_ == ContextState::active) return warn("start(): the context is active already");
        if (state_ == ContextState::stopped) {
            throw IllegalState{"sluice::StreamingContext::start: the context has already been stopped, and cannot be "
                               "started again"};
        }
        if (config().exclusive) enterProcess(at);
        try {
            if (context_.isStopped()) throw IllegalState{"sluice::StreamingContext::start: its Context has been stopped"};
            graph_->validate();
            startParts();
            state_ = ContextState::active;
        } catch (...) {
            for (auto const& receiver : receivers_) receiver->requestStop();
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
        if (ownerOfThread != owner_) return stopHere(options);
        // A thread of one's own would wait for itself.
        std::lock_guard const lock{monitor_};
        if (stopper_.joinable() || stopDone_) return;
        stopper_ = io::startThread("sluice-stop", config().onThreadStart, [this, options] { stopHere(options); });
    }

    SLUICE_COLD void finish() override
    {
        joinStopper();  // its options come first
        // A Context that was given, and never used here, is not stopped.
        if (state_ == ContextState::active) stopHere({});
        else if (state_ == ContextState::initialized) ended();
        joinStopper();
        bus_->finish();
    }

    SLUICE_COLD bool awaitTermination(std::optional<Duration> timeout) override
    {
        std::unique_lock lock{monitor_};
        auto const over = [this] { return stopDone_ || (error_ != nullptr && !endsItself_); };
        if (timeout) {
            if (!monitor_.waitUntil(io::Monitor::after(*timeout), over)) return false;
        } else {
            monitor_.wait(over);
        }
        if (error_ != nullptr) std::rethrow_exception(error_);
        return true;
    }

    void awaitBatches() const override
    {
        if (scheduler_) scheduler_->await(scheduler_->posted());
    }
    [[nodiscard]] SLUICE_COLD bool awaitBatches(Duration timeout) override
    {
        return !scheduler_ || waitWatching(io::Monitor::after(timeout), [this] { return scheduler_->idle(); });
    }

    [[nodiscard]] ContextState state() const override { return state_.load(); }
    [[nodiscard]] StreamingContext& owner() const override { return *owner_; }
    [[nodiscard]] std::string_view appName() const override { return config().appName; }
    void addListener(StreamingListener& listener, Counted<ListenerOwner> owner) override { bus_->add(listener, std::move(owner)); }
    void removeListener(StreamingListener& listener) override { bus_->remove(listener); }

private:
    [[nodiscard]] Config const& config() const override { return context_.config(); }
    [[nodiscard]] Time now() const override { return clock_.now(); }
    void log(LogEntry const& entry) override { log_(entry.level, entry.label, entry.batchTime, entry.text); }

    void joinStopper()
    {
        std::unique_lock lock{monitor_};
        auto stopper = std::move(stopper_);
        lock.unlock();
        if (stopper.joinable()) stopper.join();
    }

    SLUICE_COLD void warn(char const* text) { log_(LogLevel::warning, {}, {}, text); }

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
                                   name.empty() ? std::string_view{"one"} : name, " was started at ", other.file, ":", Digits{other.line}.text(),
                                   "; Config::exclusive = false allows several"})};
    }

    SLUICE_COLD void startParts()
    {
        auto const interval = graph_->interval();
        auto const now = clock_.now();
        auto const floor = now.floor(interval);
        auto const first = floor > now ? floor : floor + interval;  // before the epoch floor goes up
        graph_->start(first - interval);  // nothing is added from here on
        JobParts<Void> const parts{*graph_, *bus_, log_, clock_, config(), *this, owner_};
        endsItself_ = parts.last() == BatchFailure::stop;
        scheduler_.emplace(parts, !context_.inlined());
        for (auto const& input : graph_->inputs()) {
            ++startedInputs_;  // also the one that fails half-way
            input->start();
        }
        if (bus_->active()) bus_->post([now](StreamingListener& l) { l.onStreamingStarted({now}); });
        for (auto const& input : graph_->inputs()) {
            if (input->receiver() != nullptr) receivers_.push_back(makeCounted<ReceiverHost<Void>>(*input, parts));
        }
        clock_.base().start(first, interval, *scheduler_, config().catchUp);
    }

    SLUICE_COLD void stopHere(StopOptions const& options)
    {
        std::lock_guard const lock{stopping_};
        OwnedThread const mark{owner_};
        if (state_ == ContextState::active) stopParts(options);
        else warn(state_ == ContextState::stopped ? "stop(): the context has been stopped already"
                                                  : "stop(): the context has not been started");
        bus_->stop(options.gracefully, io::Monitor::after(Duration{0}), io::Monitor::after(std::chrono::seconds{2}));
        if (options.stopContext.value_or(config().stopContextByDefault)) context_.stop();
        ended();
    }

    SLUICE_COLD void stopParts(StopOptions const& options)
    {
        auto const grace = options.gracefully ? options.deadline.value_or(config().gracefulStopTimeout.value_or(10 * graph_->interval()))
                                              : Duration{std::chrono::seconds{2}};
        auto const deadline = io::Monitor::after(grace);
        for (auto const& receiver : receivers_) receiver->requestStop();
        for (auto const& input : graph_->inputs()) input->silence();
        for (auto const& receiver : receivers_) receiver->join();
        if (options.gracefully) finishReceived(deadline);
        clock_.base().stop(*scheduler_);
        if (!options.gracefully) scheduler_->drop();
        // A batch that is still running may end; then it is told to give up, and is waited for.
        auto const idle = [this] { return scheduler_->idle(); };
        if (!waitWatching(deadline, idle)) {
            warn("stop(): the deadline is over, what has not been processed is dropped");
            scheduler_->drop();
            workers_->cancel(true);
        }
        scheduler_->stop();
        workers_->cancel(false);  // batches that somebody kept can still be run
        stopInputs();
        receivers_.clear();
    }

    /// Each that was started, whatever another one throws.
    SLUICE_COLD void stopInputs()
    {
        for (std::size_t i = 0; i < startedInputs_; ++i) {
            auto& input = *graph_->inputs()[i];
            try {
                input.stop();
            } catch (...) {
                log_(LogLevel::error, input.label, {}, concat({"stop: ", textOf(std::current_exception())}));
            }
        }
        startedInputs_ = 0;
    }

    /// Receivers are silent: the batches go on until what they have left is in one.
    SLUICE_COLD void finishReceived(Steady::time_point deadline)
    {
        auto const none = [this] {
            for (auto const& input : graph_->inputs()) {
                if (input->hasWaiting()) return false;
            }
            return true;
        };
        auto const interval = graph_->interval();
        auto const idle = [this] { return scheduler_->idle(); };
        while (clock_.base().manual() && !none() && waitWatching(deadline, idle) && Steady::now() < deadline) {
            clock_.base().setTime(clock_.now().floor(interval) + interval);
        }
        if (!waitWatching(deadline, none)) warn("stop(): the deadline is over before all that was received was in a batch");
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

    /// Waits, looking again after each batch.
    template <class Holds>
    bool waitWatching(Steady::time_point end, Holds const& holds)
    {
        scheduler_->watch();
        std::unique_lock lock{monitor_};
        return monitor_.waitUntil(end, holds);
    }

    SLUICE_COLD void failed(std::exception_ptr error) override
    {
        std::lock_guard const lock{monitor_};
        if (error_ == nullptr) error_ = std::move(error);
        monitor_.notifyAll();
    }

    SLUICE_COLD void giveUp() override { stop({}); }

    void batchFinished() override
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
    Counted<ListenerBus<Void>> bus_;
    std::optional<JobScheduler<Void>> scheduler_;
    List<Counted<ReceiverHost<Void>>> receivers_;
    std::size_t startedInputs_ = 0;
    std::thread stopper_;

    std::atomic<ContextState> state_{ContextState::initialized};
    std::mutex stopping_;  // one start or stop at a time
    io::Monitor monitor_;  // over what follows
    std::exception_ptr error_;
    bool endsItself_ = false;  // where something fails: then who waits waits for that
    bool stopDone_ = false;
};

template <class Void>
Counted<StreamingEngineBase> StreamingEngine<Void>::make(StreamingContext& owner, Counted<GraphCore> graph, Context context,
                                                         Clock clock)
{
    auto const& config = context.config();
    if (config.receiverMaxRate > 0) {
        graph->setRateLimits(Counted<RateLimits>{new RateLimiters(config.receiverMaxRate, graph->interval(), clock)});
    }
    auto* const engine = new StreamingEngine(owner, std::move(graph), std::move(context), std::move(clock));
    return Counted<StreamingEngineBase>{engine};
}

#ifdef SLUICE_ENGINE_ELSEWHERE
extern template class StreamingEngine<>;  // sluice/engine.hpp
#endif

}  // namespace detail
}  // namespace sluice::inline SLUICE_ABI
