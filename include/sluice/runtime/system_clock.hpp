#pragma once

#include <sluice/batch/list.hpp>
#include <sluice/io/monitor.hpp>
#include <sluice/io/thread.hpp>
#include <sluice/stream/config.hpp>

#include <thread>

#include <sys/prctl.h>

namespace sluice::inline SLUICE_ABI {

namespace detail {

template <class = void>
class SystemClockBase final : public ClockBase {
    using Steady = std::chrono::steady_clock;

public:
    explicit SystemClockBase(Callback<void(std::string const&)> onThreadStart) : hook_(std::move(onThreadStart)) {}

    [[nodiscard]] Time now() const override
    {
        return Time{std::chrono::duration_cast<Duration>(std::chrono::system_clock::now().time_since_epoch())};
    }

    /// The wall clock is asked once: from then on the steady clock counts, and a step of the former moves no tick.
    SLUICE_COLD void start(Time first, Duration period, TickHandler& handler, CatchUp catchUp) override
    {
        auto const begin = io::Monitor::after(first - now());
        std::lock_guard const lock{monitor_};
        auto const made = makeCounted<Timer>();
        auto& timer = *made;
        timer.handler = &handler;
        timer.first = first;
        timer.begin = begin;
        timers_.reserve(timers_.size() + 1);
        timer.thread = io::startThread("sluice-clock", hook_, [this, &timer, first, period, begin, catchUp] {
            ::prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);  // the default lets timers be 50 us late
            for (std::int64_t k = 0;; ++k) {
                {
                    std::unique_lock wait{monitor_};
                    if (monitor_.waitUntil(io::Monitor::after(begin, times(period, k)), [&timer] { return timer.stopping; })) {
                        timer.ended = true;
                        return monitor_.notifyAll();
                    }
                }
                if (catchUp == CatchUp::latest) {
                    k = std::max(k, std::int64_t{std::chrono::duration_cast<Duration>(Steady::now() - begin) / period});
                }
                timer.handler->tick(first + times(period, k));
            }
        });
        timers_.push_back(made);  // one that has a thread
    }

    SLUICE_COLD void stop(TickHandler& handler) override { stopBy(handler, Steady::time_point::max()); }

    SLUICE_COLD bool stopBy(TickHandler& handler, Steady::time_point end) override
    {
        std::unique_lock lock{monitor_};
        Counted<Timer> own;
        for (auto const& timer : timers_) {
            if (timer->handler == &handler) own = timer;
        }
        if (!own) return true;
        own->stopping = true;
        monitor_.notifyAll();
        if (!monitor_.waitUntil(end, [&] { return own->ended; })) return false;
        for (auto& timer : timers_) {
            if (timer != own) continue;
            auto const stopped = std::exchange(timer, std::move(timers_.back()));
            timers_.pop_back();
            lock.unlock();
            stopped->thread.join();
            break;
        }
        return true;
    }

    /// By the steady clock, which ticks go by.
    [[nodiscard]] SLUICE_COLD Duration lateness(TickHandler const& handler, Time t) const override
    {
        std::lock_guard const lock{monitor_};
        for (auto const& timer : timers_) {
            if (timer->handler != &handler) continue;
            auto const late = std::chrono::duration_cast<Duration>(Steady::now() - timer->begin) - (t - timer->first);
            return late > Duration{0} ? late : Duration{0};
        }
        return Duration{0};  // it is not ticked any more
    }

    SLUICE_COLD bool waitUntil(Time t, std::stop_token stop) override
    {
        auto const end = io::Monitor::after(t - now());
        std::stop_callback const onStop{stop, [this] {
                                            std::lock_guard const lock{monitor_};
                                            monitor_.notifyAll();
                                        }};
        std::unique_lock lock{monitor_};
        return !monitor_.waitUntil(end, [&] { return stop.stop_requested(); });
    }

private:
    struct Timer : RefCounted {
        TickHandler* handler = nullptr;
        Time first{};
        Steady::time_point begin{};
        bool stopping = false;
        bool ended = false;
        std::thread thread;
    };

    Callback<void(std::string const&)> hook_;
    mutable io::Monitor monitor_;
    List<Counted<Timer>> timers_;
};

#ifdef SLUICE_COMPILED
extern template class SystemClockBase<>;  // <sluice/compiled.cpp>
#endif

}  // namespace detail

/// The clock on the wall, with a thread of its own for each context that it ticks for. What becomes of ticks that are
/// late says `Config::catchUp`.
///
/// ```cpp
/// Clock const clock = SystemClock{};
/// CHECK(clock.now() > Time{0s});
/// ```
class SystemClock : public Clock {
public:
    template <class Base = detail::SystemClockBase<>>
    explicit SystemClock(Callback<void(std::string const&)> onThreadStart = {})
        : Clock(detail::Counted<detail::ClockBase>{new Base(std::move(onThreadStart))})
    {
    }
};

}  // namespace sluice::inline SLUICE_ABI
