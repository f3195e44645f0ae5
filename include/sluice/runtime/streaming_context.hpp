#pragma once

#include <sluice/runtime/context.hpp>
#include <sluice/runtime/receiver_host.hpp>
#include <sluice/runtime/system_clock.hpp>

namespace sluice::inline SLUICE_ABI {

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
    /// How long a graceful stop may take before it goes on regardless; unset: `Config::gracefulStopTimeout`.
    std::optional<Duration> deadline{};
};

/// initialized → active → stopped, never back.
enum class ContextState { initialized, active, stopped };

/// The engine of a program: it cuts the inputs of its streams into batches at every interval, and runs the outputs.
///
/// Streams and outputs are made before `start`. One exclusive context may be active in a process at a time; a stopped
/// one cannot be started again. It may be stopped from any thread; its destructor stops it.
///
/// ```cpp
/// ManualClock clock;
/// StreamingContext ssc{{.master = "inline", .clock = clock}, 1s};
/// RDDQueue<int> queue;
/// std::int64_t seen = 0;
/// queueStream(ssc, queue) | foreachRDD([&](auto batch) { seen += batch | count(); });
/// queue.push({1, 2, 3});
/// ssc.start();
/// clock.advance(1s);
/// ssc.stop();
/// CHECK(seen == 3);
/// ```
class StreamingContext : public Graph, private detail::SchedulerOwner {
public:
    /// Makes a `Context` of its own. An interval that is not positive, a master that is none: `InvalidArgument`.
    StreamingContext(Config config, Duration interval) : StreamingContext(Context{std::move(config)}, interval) {}

    /// Runs on a `Context` that others may use before or after it. If that is stopped: `IllegalState`.
    StreamingContext(Context context, Duration interval)
        : Graph(interval), context_(std::move(context)), log_(context_.config().log),
          bus_(context_.config().onThreadStart, [this] { detail::ownerOfThread = this; }, log_)
    {
        if (context_.isStopped()) throw IllegalState{"sluice::StreamingContext: its Context has been stopped"};
        auto const& config = context_.config();
        clock_ = config.clock ? config.clock : Clock{SystemClock{config.onThreadStart}};
        core()->setPlace(context_.place());
        core()->setMaxReceivedBytes(config.maxReceivedBytes);
    }

    StreamingContext(StreamingContext const&) = delete;
    StreamingContext& operator=(StreamingContext const&) = delete;

    /// Stops it; where it is active, without grace.
    ~StreamingContext()
    {
        stopHere({});
        if (stopper_.joinable()) stopper_.join();
    }

    /// Checks the graph, starts the receivers and the clock. The first batch is at the next multiple of the interval.
    ///
    /// Active already: nothing, and a warning to the log. Stopped: `IllegalState`. Another exclusive context is active:
    /// `IllegalState` that says where it was started. No output: `InvalidArgument`; then, and whatever else fails here,
    /// the context is stopped.
    void start(CallSite at = CallSite::here());

    /// Stops receivers, clock and workers; once. Returns when all has ended; from a thread of the context's own (a job,
    /// a receiver, a listener) it returns at once, and the stop happens meanwhile.
    void stop(StopOptions options = {})
    {
        if (detail::ownerOfThread == this) return stopMeanwhile(options);
        stopHere(options);
    }

    /// Waits until it is stopped. Throws what failed first, as soon as something has.
    void awaitTermination()
    {
        std::unique_lock lock{monitor_};
        monitor_.wait([this] { return ended(); });
        rethrow();
    }

    /// The same, at most so long: true if it is stopped, false if the time is over. A negative time waits for ever.
    [[nodiscard]] bool awaitTerminationOrTimeout(Duration timeout)
    {
        if (timeout < Duration{0}) {
            awaitTermination();
            return true;
        }
        std::unique_lock lock{monitor_};
        bool const over = !monitor_.waitUntil(std::chrono::steady_clock::now() + timeout, [this] { return ended(); });
        rethrow();
        return !over;
    }

    [[nodiscard]] ContextState getState() const { return state_.load(); }
    /// The active exclusive context of the process, or null.
    [[nodiscard]] static StreamingContext* getActive() { return activeContext().load(); }

    [[nodiscard]] Context const& context() const { return context_; }
    [[nodiscard]] Config const& config() const { return context_.config(); }
    [[nodiscard]] Clock const& clock() const { return clock_; }

    /// Every stream remembers its batches at least so long, for those who use them later. Once: a second call, or a time
    /// that is not positive, is an `InvalidArgument`.
    void remember(Duration d) { core()->setRemember(d); }

    void addStreamingListener(std::shared_ptr<StreamingListener> listener) { bus_.add(std::move(listener)); }
    void removeStreamingListener(std::shared_ptr<StreamingListener> const& listener) { bus_.remove(listener); }

    /// Waits until the batches of all ticks so far are done: what a test with a `ManualClock` does after moving it.
    void awaitBatches() const
    {
        if (scheduler_) scheduler_->await(scheduler_->posted());
    }
    /// The same, at most so long; whether they are done.
    [[nodiscard]] bool awaitBatches(Duration timeout)
    {
        return !scheduler_ || waitWatching(std::chrono::steady_clock::now() + timeout, [this] { return scheduler_->idle(); });
    }

private:
    static std::atomic<StreamingContext*>& activeContext()
    {
        static std::atomic<StreamingContext*> active{nullptr};
        return active;
    }

    void startParts();
    void stopHere(StopOptions const& options);
    void stopMeanwhile(StopOptions const& options);
    void finishReceived(std::chrono::steady_clock::time_point deadline);

    /// Waits, looking again after each batch.
    template <class Holds>
    bool waitWatching(std::chrono::steady_clock::time_point end, Holds const& holds)
    {
        scheduler_->watch();
        std::unique_lock lock{monitor_};
        return monitor_.waitUntil(end, holds);
    }

    [[nodiscard]] bool ended() const { return error_ != nullptr || stopDone_; }
    void rethrow() const
    {
        if (error_ != nullptr) std::rethrow_exception(error_);
    }
    void failed(std::exception_ptr error) override
    {
        std::scoped_lock const lock{monitor_};
        if (error_ == nullptr) error_ = std::move(error);
        monitor_.notifyAll();
    }
    void batchFinished() override
    {
        std::scoped_lock const lock{monitor_};
        monitor_.notifyAll();
    }
    void warn(std::string text) { log_(LogLevel::warning, {}, {}, std::move(text)); }

    Context context_;
    Clock clock_;
    detail::Log log_;
    detail::ListenerBus bus_;
    std::unique_ptr<detail::JobScheduler> scheduler_;
    std::vector<std::unique_ptr<detail::ReceiverHost>> receivers_;
    std::thread stopper_;
    CallSite startedAt_{};

    std::atomic<ContextState> state_{ContextState::initialized};
    std::mutex stopping_;  // one stop at a time
    io::Monitor monitor_;  // over what follows
    std::exception_ptr error_;
    bool stopDone_ = false;
};

inline void StreamingContext::start(CallSite at)
{
    std::scoped_lock const lock{stopping_};
    if (state_ == ContextState::active) return warn("start(): the context is active already");
    if (state_ == ContextState::stopped) {
        throw IllegalState{"sluice::StreamingContext::start: the context has already been stopped, and cannot be started again"};
    }
    if (config().exclusive) {
        StreamingContext* other = nullptr;
        if (!activeContext().compare_exchange_strong(other, this)) {
            throw IllegalState{std::string("sluice::StreamingContext::start: only one exclusive context may be active in a "
                                           "process, and one was started at ") +
                               other->startedAt_.file + ':' + std::to_string(other->startedAt_.line) +
                               "; Config::exclusive = false allows several"};
        }
    }
    startedAt_ = at;
    try {
        core()->validate();
        startParts();
        state_ = ContextState::active;
    } catch (...) {
        receivers_.clear();
        if (scheduler_) {
            clock_.base().stop(*scheduler_);
            scheduler_->stop();
        }
        core()->setPhase(detail::GraphCore::Phase::stopped);
        state_ = ContextState::stopped;
        StreamingContext* self = this;
        activeContext().compare_exchange_strong(self, nullptr);
        std::scoped_lock const told{monitor_};
        stopDone_ = true;
        monitor_.notifyAll();
        throw;
    }
}

inline void StreamingContext::startParts()
{
    auto const interval = batchInterval();
    auto const now = clock_.now();
    auto const first = now.floor(interval) + interval;
    context_.workers().cancel(false);
    detail::JobScheduler::Parts const parts{*core(), bus_, log_, clock_, *this, this};
    scheduler_ = std::make_unique<detail::JobScheduler>(parts, !context_.inlined(), config().onThreadStart);
    core()->start(first - interval);
    for (auto const& input : core()->inputs()) {
        input->start();
        if (input->receiver() != nullptr) {
            receivers_.push_back(std::make_unique<detail::ReceiverHost>(*input, parts, config()));
        }
    }
    clock_.base().start(first, interval, *scheduler_);
    if (bus_.active()) bus_.post([now](StreamingListener& l) { l.onStreamingStarted({now}); });
}

inline void StreamingContext::stopMeanwhile(StopOptions const& options)
{
    std::scoped_lock const lock{monitor_};
    if (stopper_.joinable() || stopDone_) return;
    stopper_ = io::startThread("sluice-stop", config().onThreadStart, [this, options] { stopHere(options); });
}

inline void StreamingContext::stopHere(StopOptions const& options)
{
    std::scoped_lock const lock{stopping_};
    bool const stopContext = options.stopContext.value_or(config().stopContextByDefault);
    if (state_ != ContextState::active) {
        if (state_ == ContextState::stopped) warn("stop(): the context has been stopped already");
        else warn("stop(): the context has not been started");
        state_ = ContextState::stopped;
        core()->setPhase(detail::GraphCore::Phase::stopped);
    } else {
        auto const timeout = options.deadline.value_or(config().gracefulStopTimeout.value_or(10 * batchInterval()));
        auto const begin = std::chrono::steady_clock::now();
        for (auto const& receiver : receivers_) receiver->requestStop();
        for (auto const& input : core()->inputs()) input->silence();
        for (auto const& receiver : receivers_) receiver->join();
        if (options.gracefully) finishReceived(begin + timeout);
        clock_.base().stop(*scheduler_);
        if (!options.gracefully) scheduler_->drop();
        auto const patience = options.gracefully ? begin + timeout : begin + std::chrono::seconds{2};
        // A batch that is still running may end; then it is told to give up, and is waited for.
        waitWatching(patience, [this] { return scheduler_->idle(); });
        if (!scheduler_->idle()) {
            warn("stop(): the deadline is over, what has not been processed is dropped");
            scheduler_->drop();
            context_.workers().cancel(true);
        }
        scheduler_->stop();
        for (auto const& input : core()->inputs()) input->stop();
        core()->setPhase(detail::GraphCore::Phase::stopped);
        receivers_.clear();
        state_ = ContextState::stopped;
        StreamingContext* self = this;
        activeContext().compare_exchange_strong(self, nullptr);
    }
    if (detail::ownerOfThread != this) bus_.stop();
    if (stopContext) context_.stop();
    std::scoped_lock const told{monitor_};
    stopDone_ = true;
    monitor_.notifyAll();
}

/// Receivers are silent: the batches go on until what they have left is in one, and that is done.
inline void StreamingContext::finishReceived(std::chrono::steady_clock::time_point deadline)
{
    auto const waits = [this] {
        for (auto const& input : core()->inputs()) {
            if (input->hasWaiting()) return true;
        }
        return false;
    };
    while (clock_.base().manual() && waits() && std::chrono::steady_clock::now() < deadline) {
        clock_.base().advanceForStop(clock_.now().floor(batchInterval()) + batchInterval());
    }
    waitWatching(deadline, [&] { return !waits(); });
    if (waits()) warn("stop(): the deadline is over before all that was received was in a batch");
}

}  // namespace sluice::inline SLUICE_ABI
