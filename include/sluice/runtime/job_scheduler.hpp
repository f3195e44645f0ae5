#pragma once

#include <sluice/runtime/batch_runner.hpp>

// One file although it is long: batches one after another, and several at once, wait, fail, are skipped and end by the same rules.

namespace sluice::inline SLUICE_ABI::detail {

/// Runs batches in order, and in each the jobs of its outputs in order of registration. A tick fixes what the inputs
/// have, and posts; everything else happens in the job thread, or, without one, within the tick. With concurrentJobs it
/// happens in several: jobs begin in that order and batches are committed in it, whatever is done first.
template <class Void = void>
class JobScheduler final : public TickHandler, FreedHandler {
    using Runner = BatchRunner<Void>;

public:
    /// Batches before `first` were due while there was no process: they are not late, and none is left out.
    SLUICE_COLD JobScheduler(JobParts const& parts, Time zero, Time first)
        : parts_(parts),
          first_(first),
          runner_(parts, *this, first),
          lastTick_(zero),
          batch_(makeCounted<RunningBatch>()),
          latest_(parts.config.catchUp == CatchUp::latest)
    {
    }
    ~JobScheduler() override { stop(); }

    /// Starts the threads of jobs, where there are to be any. What it throws: stop() ends those that run.
    SLUICE_COLD void begin(bool ownThreads)
    {
        auto const& config = parts_.config;
        auto const threads = ownThreads ? config.concurrentJobs : 0;
        concurrent_ = threads > 1;
        if (concurrent_) beginConcurrent();
        threads_.reserve(threads);
        for (std::size_t i = 0; i < std::max<std::size_t>(threads, 1); ++i) activities_.push_back(makeCounted<Activity>());
        for (std::size_t i = 0; i < threads; ++i) {
            serving_.fetch_add(1, std::memory_order_relaxed);
            try {
                threads_.push_back(io::startThread("sluice-jobs", config.onThreadStart, [this, i] { serveAs(*activities_[i]); }));
            } catch (...) {
                serving_.fetch_sub(1, std::memory_order_relaxed);
                throw;
            }
        }
    }

    void tick(Time t) override
    {
        OwnedThread const mark{parts_.thread};
        if (t >= first_) {
            if (parts_.config.maxSchedulingDelay && isTooLate(t)) return;
            if (latest_ && leavesOut(t)) return;
        }
        parts_.owner.ticked();
        if (gaveUp_) return;
        auto const submitted = parts_.listeners.active() != nullptr ? parts_.clock.now() : t;
        if (!hasRoom(t)) return;
        Tick made{t, submitted, fixed(t)};
        {
            std::lock_guard const lock{mutex_};
            waiting_.push_back(std::move(made));
            lastTick_ = t;
        }
        ticks_.fetch_add(1, std::memory_order_release);
        if (gaveUp_) return skipWaiting();  // meanwhile
        if (!threads_.empty()) return wake();
        auto* const around = std::exchange(activityOfThread, activities_[0].get());
        drain();
        activityOfThread = around;
    }

    /// The time of the last batch, or that before the first.
    [[nodiscard]] Time lastTick() const
    {
        std::lock_guard const lock{mutex_};
        return lastTick_;
    }

    /// The number of batches so far.
    [[nodiscard]] std::uint64_t posted() const { return ticks_.load(std::memory_order_acquire); }

    /// Waits until that many batches are done.
    SLUICE_COLD void await(std::uint64_t batches) const
    {
        if (done_.load(std::memory_order_acquire) >= batches) return;
        awaiting_.fetch_add(1, std::memory_order_seq_cst);
        for (auto done = done_.load(std::memory_order_seq_cst); done < batches; done = done_.load(std::memory_order_seq_cst)) {
            waitWhile(done_, done);
        }
        awaiting_.fetch_sub(1, std::memory_order_relaxed);
    }

    /// Tell the owner of each batch that ends.
    void watch() { watched_.store(true, std::memory_order_seq_cst); }

    [[nodiscard]] bool idle() const { return done_.load(std::memory_order_acquire) >= posted(); }
    /// A batch has failed, and was the last one.
    [[nodiscard]] bool hasGivenUp() const { return gaveUp_.load(std::memory_order_acquire); }

    /// What jobs are in the middle of: see(activity).
    template <class See>
    void eachActivity(See&& see) const
    {
        for (auto const& one : activities_) {
            if (one->label.load(std::memory_order_acquire) != nullptr) see(*one);
        }
    }

    /// Skips the batches that have not begun. One after another, and waiting_ keeps its memory: a tick may just have made room in it.
    SLUICE_COLD void skipWaiting()
    {
        for (;;) {
            Tick tick;
            {
                std::lock_guard const lock{mutex_};
                if (waiting_.empty()) return;
                tick = std::move(waiting_[0]);
                waiting_.pop_front();
            }
            runner_.skipped(tick, true, "the context was stopped before it");
            if (auto* const keeper = parts_.graph.checkpointing()) keeper->close();
            for (auto const& input : parts_.graph.inputs()) input->finish(tick.time);
            finished();
        }
    }

    /// The context is stopping: a batch that fails now may have been told to give up.
    void ending() { ending_.store(true, std::memory_order_release); }

    /// Lets the current batch end, and skips those behind it.
    SLUICE_COLD void stop()
    {
        quit();
        for (auto& thread : threads_) {
            if (thread.joinable()) thread.join();
        }
        skipWaiting();
    }
    /// No batch begins any more.
    SLUICE_COLD void quit()
    {
        if (stopping_.exchange(true)) return;
        wake();
    }
    /// After quit(): the threads may be joined without waiting.
    [[nodiscard]] bool over() const { return serving_.load(std::memory_order_acquire) == 0; }

private:
    /// Room for one more batch that waits; without it there is no batch, and what came waits for the next one.
    bool hasRoom(Time t)
    {
        try {
            std::lock_guard const lock{mutex_};
            waiting_.makeRoom();
            return true;
        } catch (...) {
            return tellNoRoom(t);
        }
    }
    SLUICE_COLD bool tellNoRoom(Time t)
    {
        tellFailure(t, "the tick makes no batch, what came waits for the next one: ");
        if (parts_.last() != proceed) giveUp();
        return false;
    }

    /// Called in a catch block.
    SLUICE_COLD void tellFailure(Time t, std::string_view what)
    {
        auto const error = Runner::caught({}, t);
        parts_.log.tell(LogLevel::error, {}, t, {what, errorText(error)});
        parts_.owner.failed(error);
    }

    /// Whether the batch that waits longest, or this one, is later than batches may be: then it was the last one.
    SLUICE_COLD bool isTooLate(Time t)
    {
        if (gaveUp_) return false;
        {
            std::lock_guard const lock{mutex_};
            for (auto const& tick : waiting_) {
                if (tick.time < first_) continue;
                t = tick.time;
                break;
            }
        }
        auto const late = parts_.clock.base().lateness(*this, t);
        auto const most = *parts_.config.maxSchedulingDelay;
        if (late <= most) return false;
        try {
            throw StreamError{
                concat({"it has not begun ", toString(late), " after its time; Config::maxSchedulingDelay is ", toString(most)})};
        } catch (...) {
            tellFailure(t, {});
        }
        giveUp();
        return true;
    }

    SLUICE_COLD void giveUp()
    {
        parts_.owner.giveUp();
        endHere();
    }

    /// What came until now belongs to the batch: what an input throws there is the batch's failure.
    std::exception_ptr fixed(Time t)
    {
        Label const* label = nullptr;
        auto* const keeper = parts_.graph.checkpointing();
        try {
            if (keeper != nullptr) keeper->beforeFix(t);
            for (auto const& input : parts_.graph.inputs()) {
                label = &input->label;
                input->fix(t);
            }
            label = nullptr;
            if (keeper != nullptr) keeper->begun(t);
        } catch (...) {
            return Runner::caught(label != nullptr ? *label : Label{}, t);
        }
        return nullptr;
    }

    /// Whether this tick makes no batch, since another one waits for its turn: so there is no queue.
    SLUICE_COLD bool leavesOut(Time t)
    {
        {
            std::lock_guard const lock{mutex_};
            if (waiting_.empty()) return false;
        }
        parts_.log.tell(LogLevel::info, {}, t, {"the tick makes no batch, because another one waits for its turn"});
        return true;
    }

    /// A thread of jobs.
    SLUICE_COLD void serveAs(Activity& activity)
    {
        OwnedThread const mark{parts_.thread};
        activityOfThread = &activity;
        if (concurrent_) serveConcurrent();
        else serve();
        serving_.fetch_sub(1, std::memory_order_release);
        parts_.owner.progressed();
    }

    void serve()
    {
        for (;;) {
            auto const signal = signal_.load(std::memory_order_acquire);  // before the look at what it tells of
            if (stopping_.load(std::memory_order_acquire)) return;
            if (!drain()) waitWhile(signal_, signal);
        }
    }

    void wake()
    {
        signal_.fetch_add(1, std::memory_order_release);
        if (concurrent_) notifyAll(signal_);
        else notifyOne(signal_);
    }

    /// Runs what waits; false where nothing did.
    bool drain()
    {
        {
            std::lock_guard const lock{mutex_};
            if (waiting_.empty() || running_) return false;  // within a batch, which has moved the clock: who runs it goes on
            running_ = true;
        }
        for (;;) {
            Tick tick;
            {
                std::lock_guard const lock{mutex_};
                if (waiting_.empty() || gaveUp_ || stopping_.load(std::memory_order_acquire)) {
                    running_ = gaveUp_;  // then nothing runs any more
                    return true;
                }
                tick = std::move(waiting_[0]);
                waiting_.pop_front();
            }
            runBatch(tick);
            finished();
        }
    }

    void finished()
    {
        done_.fetch_add(1, std::memory_order_seq_cst);
        // To notify may be a system call, also where it is somebody else who waits for something else.
        if (awaiting_.load(std::memory_order_seq_cst) > 0) notifyAll(done_);
        if (watched_.load(std::memory_order_seq_cst)) parts_.owner.progressed();
    }

    void runBatch(Tick const& tick)
    {
        auto& batch = *batch_;
        auto const& outputs = parts_.graph.outputs();
        OfBatch const mark{tick.time.microseconds()};
        begin(batch, tick, outputs.size());
        if (runner_.plan(batch)) {
            for (std::size_t i = 0; i < outputs.size(); ++i) {
                if (batch.planned[i]) runJob(batch, i);
            }
        }
        runner_.completed(batch);
        for (auto const& output : outputs) output->clear();
        if (batch.failure != nullptr) failed(batch);
        runner_.commit(tick.time, isDone(batch));
    }

    /// Without memory for that it has failed already.
    static void begin(RunningBatch& batch, Tick const& tick, std::size_t outputs)
    {
        try {
            batch.begin(tick, outputs);
        } catch (...) {
            batch.failure = Runner::caught({}, tick.time);
        }
    }

    void runJob(RunningBatch& batch, std::size_t i)
    {
        auto& output = *parts_.graph.outputs()[i];
        auto const t = batch.tick.time;
        if (batch.report) batch.report->jobStarted(i);
        parts_.graph.attempt(false);
        auto error = attempt(output, t);
        if (error != nullptr) {
            error = runner_.retried(output.label, t, std::move(error), [&] { return attemptAgain(output, t); });
            if (batch.failure == nullptr) batch.failure = error;
        }
        if (batch.report) batch.report->jobEnded(i, error);
    }

    static std::exception_ptr attempt(OutputNode& output, Time t)
    {
        try {
            InActivity const mark{output.label, t};
            output.run(t);
        } catch (...) {
            return Runner::caught(output.label, t);
        }
        return nullptr;
    }

    SLUICE_COLD std::exception_ptr attemptAgain(OutputNode& output, Time t)
    {
        try {
            InActivity const mark{output.label, t};
            if (planAnew(output, t)) output.run(t);
        } catch (...) {
            return Runner::caught(output.label, t);
        }
        return nullptr;
    }

    /// Plans one job anew, and brings up to the batch what that asks for: none of it may be left to the next batch.
    SLUICE_COLD bool planAnew(OutputNode& output, Time t)
    {
        GraphCore::Turn const turn{parts_.graph};
        try {
            bool const planned = output.plan(t);
            parts_.graph.updateAllDue();
            return planned;
        } catch (...) {
            parts_.graph.abandonDue();
            throw;
        }
    }

    /// One that has failed is, too, where others follow it: it was skipped. One that ends the context, or that its stop has broken off, is
    /// not: who starts it again begins with that batch.
    [[nodiscard]] bool isDone(RunningBatch const& batch) const
    {
        return batch.failure == nullptr ||
               !(gaveUp_ || stopping_.load(std::memory_order_acquire) || ending_.load(std::memory_order_acquire));
    }

    SLUICE_COLD void failed(RunningBatch const& batch)
    {
        if (!runner_.goesOn(batch)) endHere();
    }

    /// The last batch was that: those behind it never begin.
    SLUICE_COLD void endHere()
    {
        {
            std::lock_guard const lock{mutex_};
            gaveUp_ = true;
        }
        skipWaiting();
    }

    // ---- with concurrentJobs -------------------------------------------------------------------------------------
    //
    // All that follows is under mutex_, except for what users wrote: jobs, and what plans them. Nodes are asked
    // for batches, and told to forget them, by one thread at a time: planning_.

    using Lock = std::unique_lock<std::mutex>;
    static constexpr Time never{Duration::min()};

    /// What an output has planned: its node holds one batch at a time.
    struct Slot {
        Time time = never;             // of the batch that is planned
        RunningBatch* user = nullptr;  // whose job has the node
    };

    SLUICE_COLD void beginConcurrent()
    {
        for (auto const& output : parts_.graph.outputs()) {
            output->jobs = this;
            slots_.push_back({});
        }
        active_.reserve(parts_.config.concurrentJobs);
    }

    SLUICE_COLD void serveConcurrent()
    {
        Lock lock{mutex_};
        for (;;) {
            auto const signal = signal_.load(std::memory_order_acquire);
            if (stopping_.load(std::memory_order_acquire) && active_.empty()) return;
            if (!commitFirst(lock) && !runNext(lock) && !planNext(lock)) sleep(lock, signal);
        }
    }

    SLUICE_COLD void sleep(Lock& lock, unsigned signal)
    {
        lock.unlock();
        waitWhile(signal_, signal);
        lock.lock();
    }

    SLUICE_COLD void freed(std::size_t output) override
    {
        std::lock_guard const lock{mutex_};
        slots_[output].user = nullptr;
        wake();
    }

    /// The batch that waits becomes one with jobs, when all jobs before it have been taken.
    SLUICE_COLD bool planNext(Lock& lock)
    {
        if (waiting_.empty() || gaveUp_ || stopping_.load(std::memory_order_acquire)) return false;
        if (planning_ || active_.size() >= parts_.config.concurrentJobs) return false;
        if (parts_.graph.hasState() && !active_.empty()) return false;  // the state of a batch is that of the one before
        for (auto const& batch : active_) {
            if (batch->next < slots_.size()) return false;
        }
        for (auto const& slot : slots_) {
            if (slot.user != nullptr) return false;
        }
        auto batchOfIt = spare();
        if (!batchOfIt) return false;
        auto const tick = std::move(waiting_[0]);
        waiting_.pop_front();
        auto& batch = *batchOfIt;
        active_.push_back(std::move(batchOfIt));  // room was made
        begin(batch, tick, slots_.size());
        batch.running = 1;  // it is not done, although no job is taken
        batch.next = slots_.size();
        planning_ = true;
        lock.unlock();
        bool any = false;
        {
            OfBatch const mark{tick.time.microseconds()};
            any = runner_.plan(batch);
        }
        lock.lock();
        planning_ = false;
        for (auto& slot : slots_) slot.time = tick.time;
        batch.running = 0;
        if (any) {
            batch.next = 0;
        }
        wake();
        return true;
    }

    /// For one more batch that is on its way; null: there is no memory for it, while another one is on its way, whose end is
    /// waited for, or there is the one that was made at the beginning.
    SLUICE_COLD Counted<RunningBatch> spare() noexcept
    {
        try {
            active_.makeRoom();
            if (batch_.unique()) return batch_;
            return makeCounted<RunningBatch>();
        } catch (...) {
            return {};
        }
    }

    /// The next job, in the order of batches, and in each of outputs.
    SLUICE_COLD bool runNext(Lock& lock)
    {
        for (auto const& one : active_) {
            while (one->next < slots_.size() && !one->planned[one->next]) ++one->next;
            if (one->next == slots_.size()) continue;
            auto const batch = one;  // active_ moves
            runConcurrent(*batch, batch->next++, lock);
            return true;
        }
        return false;
    }

    SLUICE_COLD void runConcurrent(RunningBatch& batch, std::size_t i, Lock& lock)
    {
        auto& output = *parts_.graph.outputs()[i];
        auto const t = batch.tick.time;
        ++batch.running;
        if (batch.report) batch.report->jobStarted(i);
        auto error = attemptConcurrent(batch, i, lock);
        if (error != nullptr) {
            lock.unlock();
            error = runner_.retried(output.label, t, std::move(error), [&] {
                lock.lock();
                auto again = attemptConcurrent(batch, i, lock);
                lock.unlock();
                return again;
            });
            lock.lock();
            if (batch.failure == nullptr) batch.failure = error;
        }
        if (batch.report) batch.report->jobEnded(i, error);
        --batch.running;
        wake();
    }

    SLUICE_COLD std::exception_ptr attemptConcurrent(RunningBatch& batch, std::size_t i, Lock& lock)
    {
        auto& output = *parts_.graph.outputs()[i];
        auto& slot = slots_[i];
        auto const t = batch.tick.time;
        OfBatch const mark{t.microseconds()};
        while (slot.user != nullptr) sleep(lock, signal_.load(std::memory_order_acquire));
        slot.user = &batch;
        std::exception_ptr error;
        bool planned = slot.time == t;
        if (!planned) {  // this job is retried, or that of another batch was, meanwhile
            while (planning_) sleep(lock, signal_.load(std::memory_order_acquire));
            planning_ = true;
            lock.unlock();
            try {
                InActivity const doing{output.label, t};
                planned = planAnew(output, t);
            } catch (...) {
                error = Runner::caught(output.label, t);
            }
            lock.lock();
            planning_ = false;
        }
        slot.time = never;  // what is run is used up
        lock.unlock();
        if (planned) error = attempt(output, t);
        lock.lock();
        if (slot.user == &batch) slot.user = nullptr;
        wake();
        return error;
    }

    /// The first batch, when all of it is done. Who comes later is committed later.
    SLUICE_COLD bool commitFirst(Lock& lock)
    {
        if (active_.empty() || planning_) return false;
        auto const batch = active_[0];
        if (batch->next < slots_.size() || batch->running > 0) return false;
        active_.pop_front();
        planning_ = true;
        lock.unlock();
        runner_.completed(*batch);
        if (batch->failure != nullptr) failed(*batch);
        runner_.commit(batch->tick.time, isDone(*batch));
        lock.lock();
        planning_ = false;
        lock.unlock();
        finished();
        lock.lock();
        wake();
        return true;
    }

    JobParts parts_;
    Time first_;
    Runner runner_;
    mutable std::mutex mutex_;
    List<Tick> waiting_;
    Time lastTick_;
    bool running_ = false;
    std::atomic<bool> gaveUp_{false};
    Counted<RunningBatch> batch_;
    bool latest_;
    std::atomic<std::uint64_t> ticks_{0};
    std::atomic<unsigned> signal_{0};  // what the job threads wait for
    std::atomic<std::uint64_t> done_{0};
    mutable std::atomic<unsigned> awaiting_{0};  // who waits for that
    std::atomic<bool> watched_{false};
    std::atomic<bool> stopping_{false};
    std::atomic<bool> ending_{false};
    bool concurrent_ = false;
    bool planning_ = false;
    List<Slot> slots_;                    // of each output
    List<Counted<RunningBatch>> active_;  // in order
    List<Counted<Activity>> activities_;  // of each thread of jobs, or of the one that ticks
    std::atomic<std::size_t> serving_{0};
    List<std::thread> threads_;
};

}  // namespace sluice::inline SLUICE_ABI::detail
