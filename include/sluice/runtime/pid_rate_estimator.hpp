#pragma once

#include <sluice/stream/config.hpp>
#include <sluice/stream/rate_limit.hpp>

#include <optional>

namespace sluice::inline SLUICE_ABI::detail {

/// Refuses a setting that is out of range.
[[gnu::cold]] void checkNumber(char const* setting, double value, bool orNone);

/// How many records a second an input may bring, after what batches have been seen to process: a PID controller, with the formulas of
/// Spark's. Its error is how much faster the last limit was than the batch. What piled up meanwhile, as long as the batch was late at
/// its speed, is what such an error has been adding up to, spread over one interval.
///
/// ```cpp
/// detail::PidRateEstimator estimator{1s, Config{}};
/// CHECK(!estimator.compute({Time{2s}, 500ms, 0s}, 1000));  // the first one is only looked at
/// CHECK(*estimator.compute({Time{3s}, 500ms, 0s}, 1000) == 2000);
/// CHECK(*estimator.compute({Time{4s}, 500ms, 1s}, 1000) == 1600);
/// ```
class PidRateEstimator {
public:
    /// The settings are those of `Config`; one that is out of range: `InvalidArgument`.
    [[gnu::cold]] PidRateEstimator(Duration interval, Config const& config);

    /// The new rate; none where the batch tells nothing: it is no later than the one before, had no records, or took no time.
    [[nodiscard]] [[gnu::cold]] std::optional<double> compute(BatchPace const& pace, std::int64_t records);

    /// Where it has got to, without the limit; false: it has seen no batch.
    bool tell(LearnedRate& to) const
    {
        to.rate = rate_;
        to.error = error_;
        return !first_;
    }
    /// As if it had seen those batches. How long ago they were, nobody knows: of the next one it is not asked how fast the error changes.
    void restore(LearnedRate const& from)
    {
        first_ = false;
        rate_ = from.rate;
        error_ = from.error;
    }

private:
    double interval_;
    double proportional_;
    double integral_;
    double derived_;
    double minRate_;
    bool first_ = true;
    static constexpr Time never{Duration::min()};
    Time latest_ = never;
    double rate_ = 0;
    double error_ = 0;
};

}  // namespace sluice::inline SLUICE_ABI::detail

#ifndef SLUICE_COMPILED
#include <sluice/runtime/pid_rate_estimator.ipp>
#endif
