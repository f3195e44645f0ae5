#pragma once

#include <sluice/io/monitor.hpp>
#include <sluice/stream/clock.hpp>

#include <vector>

namespace sluice::inline SLUICE_ABI {

namespace detail {

template <class = void>
class ManualClockBase final : public ClockBase {
public:
    explicit ManualClockBase(Time start) : now_(start) {}

    [[nodiscard]] Time now() const override
    {
        std::lock_guard const lock{monitor_};
        return now_;
    }

    [[nodiscard]] bool manual() const override { return true; }

    void start(Time first, Duration period, TickHandler& handler, CatchUp catchUp) override
    {
        std::lock_guard const lock{monitor_};
        timers_.push_back({&handler, first, period, catchUp});
    }

    void stop(TickHandler& handler) override
    {
        std::unique_lock lock{monitor_};
        take(handler);
        monitor_.wait([&] { return !isWithin(handler); });
    }

    bool stopBy(TickHandler& handler, std::chrono::steady_clock::time_point end) override
    {
        std::unique_lock lock{monitor_};
        take(handler);
        return monitor_.waitUntil(end, [&] { return !isWithin(handler); });
    }

    [[nodiscard]] bool ticking() const override
    {
        std::lock_guard const lock{monitor_};
        return ticking_ != nullptr && ::pthread_equal(ticker_, ::pthread_self()) == 0;
    }

    bool waitUntil(Time t, std::stop_token stop) override
    {
        std::stop_callback const onStop{stop, [this] {
                                            std::lock_guard const lock{monitor_};
                                            monitor_.notifyAll();
                                        }};
        std::unique_lock lock{monitor_};
        monitor_.wait([&] { return now_ >= t || stop.stop_requested(); });
        return !stop.stop_requested();
    }

    /// Moves time, tick by tick in the order of their times; each handler is called in this thread.
    void setTime(Time target) override
    {
        std::unique_lock lock{monitor_};
        auto const self = ::pthread_self();
        for (;;) {
            // One thread at a time moves it, so that ticks come one after another; a tick itself may move it further.
            monitor_.wait([&] { return ticking_ == nullptr || ::pthread_equal(ticker_, self) != 0; });
            Timer* next = nullptr;
            for (auto& timer : timers_) {
                if (timer.catchUp == CatchUp::latest && timer.next <= target) timer.next = target.floor(timer.period, timer.next);
                if (next == nullptr || timer.next < next->next) next = &timer;
            }
            if (next == nullptr || next->next > target) break;
            auto const t = next->next;
            if (t == Time{Duration::max()}) {  // the last of all times has no next tick
                std::erase_if(timers_, [&](Timer const& timer) { return &timer == next; });
                continue;
            }
            next->next = t + next->period;
            if (now_ < t) now_ = t;
            auto* const handler = next->handler;
            auto* const around = std::exchange(ticking_, handler);
            ticker_ = self;
            lock.unlock();
            handler->tick(t);
            lock.lock();
            ticking_ = around;
            monitor_.notifyAll();
        }
        if (now_ < target) now_ = target;
        monitor_.notifyAll();
    }

private:
    struct Timer {
        TickHandler* handler;
        Time next;
        Duration period;
        CatchUp catchUp;
    };

    void take(TickHandler const& handler)
    {
        std::erase_if(timers_, [&](Timer const& timer) { return timer.handler == &handler; });
    }
    /// Whether another thread is in the middle of its tick; one's own ends by itself.
    [[nodiscard]] bool isWithin(TickHandler const& handler) const
    {
        return ticking_ == &handler && ::pthread_equal(ticker_, ::pthread_self()) == 0;
    }

    mutable io::Monitor monitor_;
    Time now_;
    std::vector<Timer> timers_;
    TickHandler* ticking_ = nullptr;
    ::pthread_t ticker_{};
};

#ifdef SLUICE_COMPILED
extern template class ManualClockBase<>;  // <sluice/compiled.cpp>
#endif

}  // namespace detail

/// A clock that stands still until it is told to move: for tests, and for replaying. Give it as `Config::clock`; copies
/// are the same clock. Ticks that become due are fired by `advance`, in the thread that calls it, in order; the batches
/// that they post run elsewhere (see `testing::Harness`, which waits for them).
///
/// ```cpp
/// ManualClock clock;
/// CHECK(clock.now() == Time{0s});
/// clock.advance(1500ms);
/// CHECK(clock.now() == Time{1500ms});
/// ```
class ManualClock : public Clock {
public:
    template <class Base = detail::ManualClockBase<>>
    explicit ManualClock(Time start = Time{}) : Clock(detail::Counted<detail::ClockBase>{new Base(start)})
    {
    }

    /// Moves on by d. Backwards: `InvalidArgument`.
    void advance(Duration d) const
    {
        if (d.count() < 0) throw InvalidArgument{"sluice::ManualClock::advance(d): time does not go back, got " + toString(d)};
        base().setTime(now() + d);
    }

    /// Moves on to t; to a time that has passed: nothing.
    void setTime(Time t) const { base().setTime(t); }
};

}  // namespace sluice::inline SLUICE_ABI
