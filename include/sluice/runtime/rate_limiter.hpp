#pragma once

#include <sluice/stream/clock.hpp>
#include <sluice/stream/rate_limit.hpp>
#include <sluice/stream/wait.hpp>

#include <atomic>
#include <mutex>

namespace sluice::inline SLUICE_ABI::detail {

/// A fixed number of records a second, from the first batch on. The share of a batch is what its interval allows; where
/// that is longer than a second it is given out second by second. What a batch leaves of its share is not saved: no burst
/// follows a pause. Parts of a record are.
template <class = void>
class RateLimiter final : public RateLimit {
public:
    SLUICE_COLD RateLimiter(double perSecond, Duration interval, Clock clock)
        : perSecond_(perSecond), seconds_(static_cast<double>(interval.count()) / 1e6), clock_(std::move(clock))
    {
        RateLimiter::open();
    }

    /// Called by the input under its lock.
    SLUICE_COLD void open() override
    {
        constexpr double rounding = 1e-9;
        auto const exact = perSecond_ * seconds_ + saved_;
        auto const limit = static_cast<double>(INT64_MAX / 2);
        auto const whole = static_cast<std::int64_t>(exact + rounding < limit ? exact + rounding : limit);
        share_.store(whole, std::memory_order_relaxed);
        saved_ = exact < limit && exact > static_cast<double>(whole) ? exact - static_cast<double>(whole) : 0;
        opened_.store(clock_.now(), std::memory_order_relaxed);
        epoch_.fetch_add(1, std::memory_order_release);
        notifyAll(epoch_);
    }

    [[nodiscard]] std::int64_t share() const override { return share_.load(std::memory_order_relaxed); }

    [[nodiscard]] SLUICE_COLD std::int64_t shareByNow() const override
    {
        auto const begun = static_cast<double>((clock_.now() - opened_.load(std::memory_order_relaxed)) / second + 1);
        return begun >= seconds_ ? share() : static_cast<std::int64_t>(static_cast<double>(share()) * begun / seconds_);
    }

    [[nodiscard]] unsigned epoch() const override { return epoch_.load(std::memory_order_acquire); }

    SLUICE_COLD void wait(unsigned epoch, std::int64_t shareThen) override
    {
        if (shareByNow() != shareThen) return;  // a second has begun meanwhile
        auto const now = clock_.now();
        auto const opened = opened_.load(std::memory_order_relaxed);
        auto const next = opened + times(second, (now - opened) / second + 1);
        if (static_cast<double>((next - opened) / second) >= seconds_) return waitWhile(epoch_, epoch);
        auto const woken = token();  // then the epoch: a token that comes too late for a wake finds another one
        if (this->epoch() == epoch) clock_.base().waitUntil(next, woken);
    }

    SLUICE_COLD void wake() override
    {
        epoch_.fetch_add(1, std::memory_order_release);
        notifyAll(epoch_);
        std::stop_source waits;
        {
            std::lock_guard const lock{mutex_};
            waits.swap(waits_);
        }
        waits.request_stop();
    }

    SLUICE_COLD void close() override { wake(); }

private:
    SLUICE_COLD std::stop_token token()
    {
        std::lock_guard const lock{mutex_};
        return waits_.get_token();
    }

    static constexpr Duration second = std::chrono::seconds{1};

    double perSecond_;
    double seconds_;  // of a batch
    Clock clock_;
    std::atomic<std::int64_t> share_{0};
    double saved_ = 0;
    std::atomic<Time> opened_{};
    std::atomic<unsigned> epoch_{0};
    std::mutex mutex_;
    std::stop_source waits_;  // of those that wait for a second, until they are woken
};

template <class Void = void>
struct RateLimiters final : RateLimits {
    RateLimiters(double rate, Duration every, Clock by) : perSecond(rate), interval(every), clock(std::move(by)) {}

    [[nodiscard]] SLUICE_COLD Counted<RateLimit> make() const override
    {
        return Counted<RateLimit>{makeCounted<RateLimiter<Void>>(perSecond, interval, clock)};
    }

    double perSecond;
    Duration interval;
    Clock clock;
};

}  // namespace sluice::inline SLUICE_ABI::detail
