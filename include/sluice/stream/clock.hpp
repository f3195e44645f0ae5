#pragma once

#include <sluice/batch/counted.hpp>
#include <sluice/stream/time.hpp>

#include <stop_token>

namespace sluice::inline SLUICE_ABI {

/// What becomes of ticks that come late: because the program was held up, or a manual clock has jumped.
enum class CatchUp {
    all,     ///< each is a batch of its own, one after another, with the time that it was meant for
    latest,  ///< the last one that is due makes a batch, the others none: what came belongs to that one
};

namespace detail {

/// What a clock calls at each tick of one timer: shortly, in a thread of the clock's choice, one call at a time.
struct TickHandler {
    virtual ~TickHandler() = default;
    virtual void tick(Time t) = 0;
};

struct ClockBase : Disposable {
    [[nodiscard]] virtual Time now() const = 0;

    /// Calls handler.tick(first + k * period) when that time has come, in order, until stop. None is left out, or those
    /// that are late when another one is due.
    virtual void start(Time first, Duration period, TickHandler& handler, CatchUp catchUp = CatchUp::all) = 0;

    /// No tick of this handler after it returns.
    virtual void stop(TickHandler& handler) = 0;

    /// No tick begins after it returns; one that goes on is waited for until `end`. False: it still goes on, and stop() is
    /// to be called before the handler ends.
    virtual bool stopBy(TickHandler& handler, std::chrono::steady_clock::time_point)
    {
        stop(handler);
        return true;
    }

    /// How long ago the tick t of this handler was due: never less than nothing, also where the wall clock has been set meanwhile.
    [[nodiscard]] virtual Duration lateness(TickHandler const&, Time t) const
    {
        auto const time = now();
        return time > t ? time - t : Duration{0};
    }

    /// Waits for a time, or until a stop is asked for: then false.
    virtual bool waitUntil(Time t, std::stop_token stop) = 0;

    /// Whether time passes only when setTime moves it.
    [[nodiscard]] virtual bool manual() const { return false; }
    virtual void setTime(Time) {}
    /// Whether another thread is within a tick, so that setTime would wait for it.
    [[nodiscard]] virtual bool ticking() const { return false; }
};

}  // namespace detail

/// A clock, as a cheap handle: `SystemClock` or `ManualClock`. `Config::clock` takes either.
///
/// ```cpp
/// ManualClock manual;
/// Clock clock = manual;
/// manual.advance(1s);
/// CHECK(clock.now() == Time{1s});
/// ```
class Clock {
public:
    Clock() = default;
    explicit Clock(detail::Counted<detail::ClockBase> base) : base_(std::move(base)) {}

    [[nodiscard]] Time now() const { return base_->now(); }
    [[nodiscard]] explicit operator bool() const { return static_cast<bool>(base_); }
    [[nodiscard]] detail::ClockBase& base() const { return *base_; }

private:
    detail::Counted<detail::ClockBase> base_;
};

}  // namespace sluice::inline SLUICE_ABI
