#pragma once

#include <sluice/batch/key.hpp>
#include <sluice/batch/key_index.hpp>
#include <sluice/io/monitor.hpp>
#include <sluice/io/thread.hpp>
#include <sluice/runtime/listeners.hpp>
#include <sluice/runtime/workers.hpp>

// One file although it is long: who posts, who is removed and who is called meet in one queue, and by one lock.

namespace sluice::inline SLUICE_ABI::detail {

// What a listener is told of: one class for what has one content, because each one that a Callback holds costs those who
// compile it 0.05 s. A template, so that only those who make a context copy it.

struct ReceiverEvent {
    ReceiverChange change;
    ReceiverInfo info;

    template <class Listener>
    SLUICE_COLD void operator()(Listener& l) const
    {
        if (change == ReceiverChange::started) l.onReceiverStarted({info});
        else if (change == ReceiverChange::error) l.onReceiverError({info});
        else l.onReceiverStopped({info});
    }
};

struct BatchEvent {
    enum Kind { submitted, started, completed, skipped } kind;
    BatchInfo info;
    std::string reason;

    template <class Listener>
    SLUICE_COLD void operator()(Listener& l) const
    {
        if (kind == submitted) l.onBatchSubmitted({info});
        else if (kind == started) l.onBatchStarted({info});
        else if (kind == completed) l.onBatchCompleted({info});
        else l.onBatchSkipped({info, reason});
    }
};

struct OutputEvent {
    enum Kind { started, completed } kind;
    OutputOperationInfo info;

    template <class Listener>
    SLUICE_COLD void operator()(Listener& l) const
    {
        if (kind == started) l.onOutputOperationStarted({info});
        else l.onOutputOperationCompleted({info});
    }
};

/// Whoever posts does not wait. Listeners know their bus, and leave it when they die, so it lasts as long as one of them does.
template <class Void = void>
class ListenerBus final : public ListenerBusBase {
    using Steady = std::chrono::steady_clock;

public:
    using Event = Callback<void(StreamingListener&)>;

    /// So many events may wait; those beyond are dropped, and counted.
    static constexpr std::size_t limit = 10'000;
    /// What listeners may take for what waits when a stop without grace has begun.
    static constexpr Duration lastWords = std::chrono::milliseconds{200};

    SLUICE_COLD static Counted<ListenerBusBase> make(ListenerBusParts const& parts)
    {
        return Counted<ListenerBusBase>{new ListenerBus(parts)};
    }
    explicit ListenerBus(ListenerBusParts parts) : parts_(std::move(parts)) {}
    SLUICE_COLD ~ListenerBus() override = default;

    SLUICE_COLD void add(StreamingListener& listener, Counted<ListenerOwner> owner) override
    {
        bool const leavesItself = !owner;
        if (leavesItself) listener.hubs_.add(*this);
        try {
            std::lock_guard const lock{monitor_};
            if (stopped_) return;
            if (!thread_.joinable()) {
                thread_ = io::startThread("sluice-listen", parts_.onThreadStart, [this] {
                    OwnedThread const mark{parts_.thread};
                    serve();
                });
            }
            numbers_.reserve(numbers_.size() + 1);
            listeners_.push_back({&listener, std::move(owner)});
            number(listeners_.size() - 1);
            ++left_;
            active_.store(true, std::memory_order_relaxed);
        } catch (...) {
            if (leavesItself) listener.hubs_.remove(*this);
            throw;
        }
    }

    /// The listener is not called any more when this returns, unless the caller is a listener itself.
    SLUICE_COLD void remove(StreamingListener& listener) override
    {
        listener.hubs_.remove(*this);
        forget(listener);
    }

    SLUICE_COLD void forget(StreamingListener& listener) noexcept override
    {
        std::unique_lock lock{monitor_};
        auto const tag = tagOf(listener);
        for (;;) {
            auto const i = numberOf(listener);
            if (i == KeyIndex::none) break;
            numbers_.erase(tag, i);
            if (listeners_[i].before != KeyIndex::none) numbers_.insert(tag, listeners_[i].before);
            listeners_[i].listener = nullptr;  // its place stays until many are empty
            auto owner = std::move(listeners_[i].owner);
            if (--left_ < listeners_.size() / 2) closeRanks();
            lock.unlock();  // its owner goes without
            owner = {};
            lock.lock();
        }
        if (numbers_.size() == 0) active_.store(false, std::memory_order_relaxed);
        if (self_ == std::this_thread::get_id()) return;
        monitor_.wait([&] { return calling_ != &listener; });
    }

    SLUICE_COLD void streamingStarted(Time now) noexcept override
    {
        tell([&] { return Event{[now](StreamingListener& l) { l.onStreamingStarted({now}); }}; });
    }
    SLUICE_COLD void receiverChanged(ReceiverChange change, ReceiverInfo const& info) noexcept override
    {
        tell([&] { return ReceiverEvent{change, info}; });
    }
    SLUICE_COLD Counted<BatchReport> submitted(Tick const& tick, List<bool> const& planned) noexcept override
    {
        try {
            auto const report = makeCounted<Report>(*this, tick, planned);
            if (!report->hasContent()) return {};
            report->begin();
            return Counted<BatchReport>{report.get()};
        } catch (...) {
            lost();
            return {};
        }
    }
    SLUICE_COLD void skipped(Tick const& tick, std::string_view why, std::string_view what) noexcept override
    {
        tell([&] { return BatchEvent{BatchEvent::skipped, infoOf(tick), concat({why, what})}; });
    }

    SLUICE_COLD void lost() noexcept override
    {
        std::lock_guard const lock{monitor_};
        if (stopped_) return;
        ++dropped_;
        monitor_.notifyAll();
    }

    SLUICE_COLD bool stop(bool all, Steady::time_point deadline, Steady::time_point end) override
    {
        {
            std::unique_lock lock{monitor_};
            stopped_ = true;
            hasty_ = !all;
            active_.store(false, std::memory_order_relaxed);
            monitor_.notifyAll();
            if (!thread_.joinable()) return true;
            auto const ended = [this] { return ended_; };
            if (!all || !monitor_.waitUntil(deadline, ended)) {
                hasty_ = true;
                if (!monitor_.waitUntil(end, ended)) {
                    abandoned_ = true;  // what waits is dropped when the listener comes back
                    return false;
                }
            }
        }
        join();
        return true;
    }

    SLUICE_COLD void finish() override
    {
        join();
        List<Entry> all;
        std::lock_guard const lock{monitor_};
        all.swap(listeners_);
        numbers_.clear();
        left_ = 0;
    }

private:
    struct Entry {
        StreamingListener* listener;
        Counted<ListenerOwner> owner;
        std::uint32_t before = KeyIndex::none;  // the same listener, which may be added more than once
    };

    class Report final : public BatchReport {
    public:
        SLUICE_COLD Report(ListenerBus& bus, Tick const& tick, List<bool> const& planned) : bus_(bus), info_(bus.infoOf(tick))
        {
            auto const& outputs = bus.parts_.graph.outputs();
            for (std::size_t i = 0; i < outputs.size(); ++i) {
                if (!planned[i]) continue;
                OutputOperationInfo operation;
                operation.batchTime = tick.time;
                operation.id = i;
                auto const& label = outputs[i]->label;
                operation.description = where(label);
                operation.name = concat({label.kind, " at ", label.at.file, ":", Digits{label.at.line}.text()});
                info_.outputOperations.push_back(std::move(operation));
            }
        }

        /// Where no output runs listeners hear of the records all the same: they may be in a window that does not slide yet.
        [[nodiscard]] SLUICE_COLD bool hasContent() const { return !info_.outputOperations.empty() || info_.numRecords() > 0; }

        SLUICE_COLD void begin()
        {
            bus_.tell([&] { return BatchEvent{BatchEvent::submitted, info_, {}}; });
            info_.processingStartTime = bus_.parts_.clock.now();
            bus_.tell([&] { return BatchEvent{BatchEvent::started, info_, {}}; });
        }
        SLUICE_COLD void jobStarted(std::size_t output) noexcept override
        {
            auto& told = operation(output);
            told.startTime = bus_.parts_.clock.now();
            bus_.tell([&] { return OutputEvent{OutputEvent::started, told}; });
        }
        SLUICE_COLD void jobEnded(std::size_t output, std::exception_ptr const& error) noexcept override
        {
            auto& told = operation(output);
            told.endTime = bus_.parts_.clock.now();
            bus_.tell([&] {
                if (error != nullptr) told.failureReason = errorText(error);
                return OutputEvent{OutputEvent::completed, told};
            });
        }
        SLUICE_COLD void completed() noexcept override
        {
            auto const now = bus_.parts_.clock.now();
            bus_.tell([&] {
                auto const& graph = bus_.parts_.graph;
                // Some inputs know what they have brought when it has run.
                info_.inputs = bus_.inputsOf(info_.batchTime);
                info_.processingEndTime = now;
                for (auto const* node : graph.holding()) info_.held.push_back(node->held());
                if (graph.remembered() > Duration{0}) {
                    for (auto const& input : graph.inputs()) {
                        auto held = input->held();
                        if (!held.name.empty()) info_.held.push_back(std::move(held));
                    }
                }
                return BatchEvent{BatchEvent::completed, std::move(info_), {}};
            });
        }

    private:
        [[nodiscard]] SLUICE_COLD OutputOperationInfo& operation(std::size_t output)
        {
            auto& all = info_.outputOperations;  // in the order of ids; those without a job are left out
            std::size_t begin = 0;
            for (auto end = all.size(); begin < end;) {
                auto const middle = begin + (end - begin) / 2;
                if (all[middle].id < output) begin = middle + 1;
                else end = middle;
            }
            return all[begin];
        }

        ListenerBus& bus_;
        BatchInfo info_;
    };

    [[nodiscard]] SLUICE_COLD std::vector<StreamInputInfo> inputsOf(Time t) const
    {
        std::vector<StreamInputInfo> infos;
        for (auto const& input : parts_.graph.inputs()) infos.push_back(input->info(t));
        return infos;
    }
    [[nodiscard]] SLUICE_COLD BatchInfo infoOf(Tick const& tick) const
    {
        BatchInfo info;
        info.batchTime = tick.time;
        info.submissionTime = tick.submitted;
        info.inputs = inputsOf(tick.time);
        return info;
    }

    SLUICE_COLD void post(Event event)
    {
        bool first = false;
        {
            std::lock_guard const lock{monitor_};
            if (stopped_) return;
            if (waiting_ < limit) {
                queue_.push_back(std::move(event));
                ++waiting_;
                monitor_.notifyAll();
                return;
            }
            first = dropped_++ == 0;
        }
        if (first) warn("listeners are too slow: ", limit, " events wait for them, and those beyond are dropped");
    }

    /// Posts what make() gives; without memory for that the event is dropped, and counted.
    template <class Make>
    void tell(Make&& make) noexcept
    {
        try {
            post(make());
        } catch (...) {
            lost();
        }
    }
    /// Waits for the listener that has not come back.
    SLUICE_COLD void join()
    {
        {
            std::lock_guard const lock{monitor_};
            stopped_ = hasty_ = true;
            active_.store(false, std::memory_order_relaxed);
            monitor_.notifyAll();
        }
        if (thread_.joinable()) thread_.join();
    }

    [[nodiscard]] static std::uint32_t tagOf(StreamingListener const& listener)
    {
        return static_cast<std::uint32_t>(hashOf(reinterpret_cast<std::uintptr_t>(&listener)));
    }

    /// The last entry of a listener.
    [[nodiscard]] SLUICE_COLD std::uint32_t numberOf(StreamingListener const& listener) const
    {
        return numbers_.find(tagOf(listener), [&](std::uint32_t number) { return listeners_[number].listener == &listener; });
    }
    /// There is room for it.
    SLUICE_COLD void number(std::size_t at) noexcept
    {
        auto& entry = listeners_[at];
        auto const tag = tagOf(*entry.listener);
        entry.before = numberOf(*entry.listener);
        if (entry.before != KeyIndex::none) numbers_.erase(tag, entry.before);
        numbers_.insert(tag, static_cast<std::uint32_t>(at));
    }

    /// Those that are left move up. Under the lock.
    SLUICE_COLD void closeRanks() noexcept
    {
        numbers_.clear();
        std::size_t left = 0;
        auto next = next_;
        for (std::size_t i = 0; i < listeners_.size(); ++i) {
            if (listeners_[i].listener == nullptr) {
                if (i < next_) --next;
                continue;
            }
            if (left != i) listeners_[left] = std::move(listeners_[i]);
            number(left++);
        }
        while (listeners_.size() > left) listeners_.pop_back();
        next_ = next;
    }

    SLUICE_COLD void serve()
    {
        List<Event> events;
        std::unique_lock lock{monitor_};
        self_ = std::this_thread::get_id();
        for (;;) {
            monitor_.wait([this] { return stopped_ || !queue_.empty() || (dropped_ > 0 && waiting_ == 0); });
            if (queue_.empty() && !stopped_) {
                tellOfDropped(lock);
                continue;
            }
            if (queue_.empty()) break;
            events.swap(queue_);
            for (auto const& event : events) {
                if (hasty_ && (abandoned_ || spent_ > lastWords)) break;
                deliver(event, lock);
                --waiting_;
                if (dropped_ > 0 && (waiting_ <= limit / 2 || stopped_)) tellOfDropped(lock);
            }
            if (hasty_ && (abandoned_ || spent_ > lastWords)) break;
            lock.unlock();
            events.clear();
            lock.lock();
        }
        auto const left = waiting_ + dropped_;
        lock.unlock();
        events.clear();
        if (left > 0)
            warn("stop(): ", left, " events that listeners have not been told of are dropped: they are too slow, or memory is short");
        lock.lock();
        ended_ = true;
        monitor_.notifyAll();
    }

    SLUICE_COLD void tellOfDropped(std::unique_lock<io::Monitor>& lock)
    {
        auto const count = std::exchange(dropped_, 0);
        lock.unlock();
        warn("", count, " events were dropped: listeners are too slow, or memory is short");
        Event event;
        try {
            event = [count](StreamingListener& l) { l.onEventsDropped({static_cast<std::int64_t>(count)}); };
        } catch (...) {
            lock.lock();
            return;  // the log has it
        }
        lock.lock();
        deliver(event, lock);
    }

    SLUICE_COLD void warn(std::string_view before, std::size_t count, std::string_view behind) noexcept
    {
        parts_.log.tell(LogLevel::warning, {}, {}, {before, Digits{count}.text(), behind});
    }

    /// Calls each listener that is there at the time.
    SLUICE_COLD void deliver(Event const& event, std::unique_lock<io::Monitor>& lock)
    {
        for (next_ = 0; next_ < listeners_.size();) {
            auto entry = listeners_[next_++];  // also its owner: it may remove itself
            if (entry.listener == nullptr) continue;
            calling_ = entry.listener;
            bool const timed = stopped_;
            lock.unlock();
            auto const begin = timed ? Steady::now() : Steady::time_point{};
            try {
                event(*entry.listener);
            } catch (...) {
                parts_.log.tell(LogLevel::error, {}, {}, {"a listener threw: ", errorText(std::current_exception())});
            }
            if (timed) spent_ += std::chrono::duration_cast<Duration>(Steady::now() - begin);
            lock.lock();
            calling_ = nullptr;
            monitor_.notifyAll();
            if (!entry.owner) continue;
            lock.unlock();
            entry.owner = {};
            lock.lock();
        }
    }

    ListenerBusParts parts_;
    io::Monitor monitor_;    // over what follows
    List<Entry> listeners_;  // with gaps
    KeyIndex numbers_;       // where each stands there
    StreamingListener* calling_ = nullptr;
    std::size_t left_ = 0;  // of them, that are called
    std::size_t next_ = 0;  // whose turn it is then: those who are removed meanwhile move it
    List<Event> queue_;
    std::size_t waiting_ = 0;  // those in the queue, and those that are being delivered
    std::size_t dropped_ = 0;  // not told yet
    bool stopped_ = false;
    bool hasty_ = false;
    bool abandoned_ = false;
    bool ended_ = false;
    Duration spent_{0};  // within listeners since the stop; of the bus' own thread
    std::thread::id self_;
    std::thread thread_;
};

#ifdef SLUICE_COMPILED
extern template class ListenerBus<>;  // <sluice/compiled.cpp>
#endif

}  // namespace sluice::inline SLUICE_ABI::detail
