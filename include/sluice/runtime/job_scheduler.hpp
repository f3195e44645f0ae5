#pragma once

#include <sluice/io/monitor.hpp>
#include <sluice/runtime/listener_bus.hpp>
#include <sluice/runtime/workers.hpp>
#include <sluice/stream/graph.hpp>

namespace sluice::inline SLUICE_ABI::detail {

/// What a scheduler tells its context.
struct SchedulerOwner {
    virtual void failed(std::exception_ptr error) = 0;
    /// A batch has failed for good, and the settings say to stop.
    virtual void giveUp() = 0;
    /// A batch is done, while somebody watches.
    virtual void batchFinished() = 0;

protected:
    ~SchedulerOwner() = default;
};

/// What a scheduler, and the receivers beside it, stand on.
struct JobParts {
    GraphCore& graph;
    ListenerBus<>& bus;
    Log& log;
    Clock clock;
    SchedulerOwner& owner;
    void const* thread;  // what ownerOfThread says there
    OnBatchFailure onBatchFailure;
    CatchUp catchUp;
};

/// Runs batches in order, and in each the jobs of its outputs in order of registration. A tick fixes what the inputs
/// have, and posts; everything else happens in the job thread, or, without one, within the tick.
template <class = void>
class JobScheduler final : public TickHandler {
public:
    SLUICE_COLD JobScheduler(JobParts const& parts, bool ownThread, Callback<void(std::string const&)> const& onThreadStart)
        : parts_(parts)
    {
        if (!ownThread) return;
        thread_ = io::startThread("sluice-jobs", onThreadStart, [this] {
            OwnedThread const mark{parts_.thread};
            serve();
        });
    }
    ~JobScheduler() override { stop(); }

    void tick(Time t) override
    {
        OwnedThread const mark{parts_.thread};
        if (parts_.catchUp == CatchUp::latest && isLate(t)) return;
        auto const submitted = parts_.bus.active() ? parts_.clock.now() : t;
        for (auto const& input : parts_.graph.inputs()) input->fix(t);
        {
            std::lock_guard const lock{mutex_};
            waiting_.push_back({t, submitted});
        }
        ticks_.fetch_add(1, std::memory_order_release);
        if (thread_.joinable()) wake();
        else drain();
    }

    /// The number of ticks so far.
    [[nodiscard]] std::uint64_t posted() const { return ticks_.load(std::memory_order_acquire); }

    /// Waits until that many batches are done.
    SLUICE_COLD void await(std::uint64_t batches) const
    {
        for (auto done = done_.load(std::memory_order_acquire); done < batches;
             done = done_.load(std::memory_order_acquire)) {
            waitWhile(done_, done);
        }
    }

    /// Tell the owner of each batch that ends.
    void watch() { watched_.store(true, std::memory_order_seq_cst); }

    [[nodiscard]] bool idle() const { return done_.load(std::memory_order_acquire) >= posted(); }

    /// Forgets the batches that have not begun.
    SLUICE_COLD void drop()
    {
        List<Tick> dropped;
        {
            std::lock_guard const lock{mutex_};
            dropped.swap(waiting_);
        }
        for (auto const& tick : dropped) {
            skip(tick.time);
            finished();
        }
    }

    /// Lets the current batch end, and forgets those behind it.
    SLUICE_COLD void stop()
    {
        if (stopping_.exchange(true)) return;
        wake();
        if (thread_.joinable()) thread_.join();
        drop();
    }

private:
    struct Tick {
        Time time;
        Time submitted;
    };

    [[nodiscard]] SLUICE_COLD bool isLate(Time t)
    {
        if (parts_.clock.now() >= t + parts_.graph.interval()) return true;
        std::lock_guard const lock{mutex_};
        return !waiting_.empty();
    }

    void serve()
    {
        for (;;) {
            auto const signal = signal_.load(std::memory_order_acquire);  // before the question, or stop's own is missed
            if (stopping_.load(std::memory_order_acquire)) return;
            if (!drain()) waitWhile(signal_, signal);
        }
    }

    void wake()
    {
        signal_.fetch_add(1, std::memory_order_release);
        notifyOne(signal_);
    }

    /// Runs what waits; false where nothing did.
    bool drain()
    {
        {
            std::lock_guard const lock{mutex_};
            if (waiting_.empty() || running_) return false;  // within a batch: the one that runs it goes on with it
            running_ = true;
        }
        for (;;) {
            Tick tick;
            {
                std::lock_guard const lock{mutex_};
                if (waiting_.empty() || stopping_.load(std::memory_order_acquire)) {
                    running_ = false;
                    return true;
                }
                tick = waiting_[0];
                waiting_.erase(0);
            }
            if (gaveUp_) skip(tick.time);
            else runBatch(tick);
            finished();
        }
    }

    void finished()
    {
        done_.fetch_add(1, std::memory_order_seq_cst);
        notifyAll(done_);
        if (watched_.load(std::memory_order_seq_cst)) parts_.owner.batchFinished();
    }

    SLUICE_COLD void skip(Time t)
    {
        for (auto const& input : parts_.graph.inputs()) input->finish(t);
    }

    void runBatch(Tick const& tick)
    {
        auto const t = tick.time;
        auto& graph = parts_.graph;
        failed_ = false;
        if (generate(tick)) {
            bool const told = parts_.bus.active();
            BatchInfo info;
            if (told) {
                info = describe(tick);
                tell({BatchEvent::submitted, info});
                info.processingStartTime = parts_.clock.now();
                tell({BatchEvent::started, info});
            }
            for (std::size_t i = 0; i < graph.outputs().size(); ++i) {
                if (described_[i]) runJob(i, t, told ? &info : nullptr);
            }
            if (told) {
                info.processingEndTime = parts_.clock.now();
                tell({BatchEvent::completed, info});
            }
        }
        // The commit of the batch: what it held is free, in one place.
        for (auto const& output : graph.outputs()) output->clear();
        for (auto const& input : graph.inputs()) input->finish(t);
        graph.evict(t);
        if (failed_ && parts_.onBatchFailure.last == BatchFailure::stop) giveUp();
    }

    /// Nothing runs any more.
    SLUICE_COLD void giveUp()
    {
        gaveUp_ = true;
        parts_.owner.giveUp();
    }

    /// Whether what failed is tried once more.
    SLUICE_COLD bool again(unsigned attempt, Label const& label, Time t)
    {
        if (attempt >= parts_.onBatchFailure.retries || stopping_.load(std::memory_order_acquire)) return false;
        parts_.log(LogLevel::warning, label, t,
                   concat({"attempt ", Digits{std::size_t{attempt} + 1}.text(), " failed, and is made again: ", textOf(std::current_exception())}));
        return true;
    }

    /// Describes the jobs of a batch; false where there are none.
    bool generate(Tick const& tick)
    {
        auto const& outputs = parts_.graph.outputs();
        for (unsigned attempt = 0;; ++attempt) {
            std::size_t at = 0;
            try {
                return describeJobs(tick.time, at);
            } catch (...) {
                if (again(attempt, outputs[at]->label, tick.time)) continue;
                auto reason = fail(outputs[at]->label, tick.time, "the jobs of the batch could not be described: ");
                described_.clear();
                if (parts_.bus.active()) tell({BatchEvent::skipped, describe(tick), std::move(reason)});
                return false;
            }
        }
    }

    /// The output that it is at stays in i, for those who catch.
    bool describeJobs(Time t, std::size_t& i)
    {
        auto const& outputs = parts_.graph.outputs();
        described_.clear();
        while (described_.size() < outputs.size()) described_.push_back(false);
        bool any = false;
        for (i = 0; i < outputs.size(); ++i) {
            described_[i] = outputs[i]->generate(t);
            any = any || described_[i];
        }
        return any;
    }

    void runJob(std::size_t i, Time t, BatchInfo* info)
    {
        auto& output = *parts_.graph.outputs()[i];
        OutputOperationInfo* told = nullptr;
        if (info != nullptr) {
            for (auto& operation : info->outputOperations) {
                if (operation.id == i) told = &operation;
            }
        }
        for (unsigned attempt = 0;; ++attempt) {
            if (told != nullptr) begin(*told);
            bool more = false;
            try {
                if (attempt == 0 || output.generate(t)) output.run(t);
            } catch (...) {
                more = again(attempt, output.label, t);
                auto text = more ? textOf(std::current_exception()) : fail(output.label, t, "");
                if (told != nullptr) told->failureReason = std::move(text);
            }
            if (told != nullptr) end(*told);
            if (!more) return;
        }
    }

    SLUICE_COLD void begin(OutputOperationInfo& told)
    {
        told.startTime = parts_.clock.now();
        told.endTime.reset();
        told.failureReason.reset();
        tell({OutputEvent::started, told});
    }
    SLUICE_COLD void end(OutputOperationInfo& told)
    {
        told.endTime = parts_.clock.now();
        tell({OutputEvent::completed, told});
    }

    /// Called in a catch block: the error gets its batch time, and goes to await…, to the log and into the text.
    SLUICE_COLD std::string fail(Label const& label, Time t, char const* what)
    {
        std::exception_ptr error;
        try {
            try {
                failIn(label);
            } catch (StreamError& e) {
                e.atBatch(t.microseconds());
                throw;
            }
        } catch (...) {
            error = std::current_exception();
        }
        failed_ = true;
        auto text = concat({what, textOf(error)});
        parts_.log(LogLevel::error, label, t, text);
        parts_.owner.failed(std::move(error));
        return text;
    }

    [[nodiscard]] SLUICE_COLD BatchInfo describe(Tick const& tick) const
    {
        BatchInfo info;
        info.batchTime = tick.time;
        info.submissionTime = tick.submitted;
        for (auto const& input : parts_.graph.inputs()) info.inputs.push_back(input->info(tick.time));
        auto const& outputs = parts_.graph.outputs();
        for (std::size_t i = 0; i < outputs.size(); ++i) {
            if (i >= described_.size() || !described_[i]) continue;
            OutputOperationInfo operation;
            operation.batchTime = tick.time;
            operation.id = i;
            auto const& label = outputs[i]->label;
            operation.name = concat({label.kind, " at ", label.at.file, ":", Digits{label.at.line}.text()});
            info.outputOperations.push_back(std::move(operation));
        }
        return info;
    }

    SLUICE_COLD void tell(BatchEvent event) { parts_.bus.post(std::move(event)); }
    SLUICE_COLD void tell(OutputEvent event) { parts_.bus.post(std::move(event)); }

    JobParts parts_;
    std::mutex mutex_;
    List<Tick> waiting_;
    bool running_ = false;
    bool failed_ = false;  // something in the batch that runs
    bool gaveUp_ = false;
    List<bool> described_;
    std::atomic<std::uint64_t> ticks_{0};
    std::atomic<unsigned> signal_{0};  // what the job thread waits for
    std::atomic<std::uint64_t> done_{0};
    std::atomic<bool> watched_{false};
    std::atomic<bool> stopping_{false};
    std::thread thread_;
};

}  // namespace sluice::inline SLUICE_ABI::detail
