#pragma once

#include <sluice/runtime/pid_rate_estimator.hpp>
#include <sluice/stream/clock.hpp>
#include <sluice/stream/rate_limit.hpp>
#include <sluice/stream/wait.hpp>

#include <atomic>
#include <mutex>

namespace sluice::inline SLUICE_ABI::detail {

/// So many records a second, from the first batch on: a fixed number, or what an estimator says, and at most `most` where that is more
/// than 0. The share of a batch is what its interval allows; where that is longer than a second it is given out second by second.
/// What a batch leaves of its share is not saved: no burst follows a pause. Parts of a record are.
template <class = void>
class RateLimiter final : public RateLimit {
public:
    SLUICE_COLD RateLimiter(double perSecond, Duration interval, Clock clock, double most = 0,
                            std::optional<PidRateEstimator> const& estimator = {})
        : most_(most), estimator_(estimator), seconds_(static_cast<double>(interval.count()) / 1e6), clock_(std::move(clock))
    {
        learned.limit = perSecond;
        RateLimiter::open();
    }

    SLUICE_COLD void open() override
    {
        {
            std::lock_guard const lock{mutex_};
            brought_ = saved_;
            giveShare();
            opened_.store(clock_.now(), std::memory_order_relaxed);
        }
        epoch_.fetch_add(1, std::memory_order_release);
        notifyAll(epoch_);
    }

    /// The open batch, too, has what the new rate allows. A rate that is no whole number is cut to one, unless that were 0.
    SLUICE_COLD void learn(std::int64_t records, BatchPace const& pace) override
    {
        if (!estimator_) return;
        if (std::exchange(isRestored, false)) estimator_->restore(learned);
        auto const estimated = estimator_->compute(pace, records);
        hasLearned = estimator_->tell(learned);
        if (!estimated) return;
        {
            std::lock_guard const lock{mutex_};
            auto const rate = most_ > 0 && most_ < *estimated ? most_ : *estimated;
            learned.limit = rate >= 1 && rate < limit ? static_cast<double>(static_cast<std::int64_t>(rate)) : rate;
            giveShare();
        }
        wake();
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
    /// Under the lock.
    SLUICE_COLD void giveShare()
    {
        constexpr double rounding = 1e-9;
        auto const perSecond = most_ > 0 && most_ < learned.limit ? most_ : learned.limit;
        auto const exact = perSecond * seconds_ + brought_;
        auto const whole = static_cast<std::int64_t>(exact + rounding < limit ? exact + rounding : limit);
        share_.store(whole, std::memory_order_relaxed);
        saved_ = exact < limit && exact > static_cast<double>(whole) ? exact - static_cast<double>(whole) : 0;
    }

    SLUICE_COLD std::stop_token token()
    {
        std::lock_guard const lock{mutex_};
        return waits_.get_token();
    }

    static constexpr Duration second = std::chrono::seconds{1};
    static constexpr double limit = static_cast<double>(INT64_MAX / 2);

    double most_;
    std::optional<PidRateEstimator> estimator_;
    double seconds_;  // of a batch
    Clock clock_;
    std::atomic<std::int64_t> share_{0};
    double saved_ = 0;    // of a record, by the open batch for the next one
    double brought_ = 0;  // by the one before for the open one
    std::atomic<Time> opened_{};
    std::atomic<unsigned> epoch_{0};
    std::mutex mutex_;
    std::stop_source waits_;  // of those that wait for a second, until they are woken
};

/// As the settings say it.
template <class Void = void>
struct RateLimiters final : RateLimits {
    RateLimiters(Config const& config, Duration every, Clock by) : most(config.receiverMaxRate), interval(every), clock(std::move(by))
    {
        first = most;
        if (!config.backpressureEnabled) return;
        estimator.emplace(every, config);
        auto const initial = config.backpressureInitialRate.value_or(most > 0 ? most : config.backpressurePidMinRate);
        first = most > 0 && most < initial ? most : initial;
    }

    [[nodiscard]] SLUICE_COLD Counted<RateLimit> make() const override
    {
        return Counted<RateLimit>{makeCounted<RateLimiter<Void>>(first, interval, clock, most, estimator)};
    }

    double most;
    double first;
    std::optional<PidRateEstimator> estimator;
    Duration interval;
    Clock clock;
};

}  // namespace sluice::inline SLUICE_ABI::detail
