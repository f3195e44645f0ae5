#pragma once

#include <sluice/batch/counted.hpp>
#include <sluice/stream/time.hpp>

#include <cstdint>

namespace sluice::inline SLUICE_ABI::detail {

/// How a batch that went well got on.
struct BatchPace {
    Time end;
    Duration processing;  // from its beginning to its end
    Duration late;        // from its time to its beginning
};

/// What a limit has learned of batches, as far as it holds in another process, too.
struct LearnedRate {
    double limit = 0;  // records a second
    double rate = 0;   // of the estimator, and how far the last batch was from it
    double error = 0;
    bool operator==(LearnedRate const&) const = default;
};

/// How many records one input may take into a batch. An input without limit has none of these.
struct RateLimit : Disposable {
    /// A batch that had so many records of this input went well: the limit may follow. One call at a time.
    virtual void learn(std::int64_t /*records*/, BatchPace const&) {}

    /// Before the first batch of one that learns: goes on from there.
    void restore(LearnedRate const& from)
    {
        learned = from;
        hasLearned = isRestored = true;
        open();
    }

    /// The tick: what comes now belongs to the next batch, whose share begins.
    virtual void open() = 0;

    /// The records that the open batch may have in all, and those that it may have by now.
    [[nodiscard]] virtual std::int64_t share() const = 0;
    [[nodiscard]] virtual std::int64_t shareByNow() const = 0;

    /// Waits until shareByNow() may be another one than it was, which was asked after epoch(), or until it is woken or closed.
    [[nodiscard]] virtual unsigned epoch() const = 0;
    virtual void wait(unsigned epoch, std::int64_t shareThen) = 0;
    /// Whoever waits returns, and looks again.
    virtual void wake() = 0;
    virtual void close() = 0;

    LearnedRate learned;      // the limit, and what has led to it
    bool hasLearned = false;  // from a batch
    bool isRestored = false;  // that was one of another process
};

/// What a graph makes them with.
struct RateLimits : Disposable {
    [[nodiscard]] virtual Counted<RateLimit> make() const = 0;
};

}  // namespace sluice::inline SLUICE_ABI::detail
