#pragma once

#include <sluice/batch/error.hpp>
#include <sluice/runtime/pid_rate_estimator.hpp>

#include <cstdio>

namespace sluice::inline SLUICE_ABI::detail {

SLUICE_COLD SLUICE_BODY void checkNumber(char const* setting, double value, bool orNone)
{
    if (value < 1e300 && (value > 0 || (orNone && value == 0))) return;  // and a number
    char got[32];
    std::snprintf(got, sizeof got, "%g", value);
    throw InvalidArgument{concat({"sluice::Config::", setting, ": it must be ", orNone ? "0 or more" : "more than 0", ", got ", got})};
}

SLUICE_COLD SLUICE_BODY PidRateEstimator::PidRateEstimator(Duration interval, Config const& config)
    : interval_(static_cast<double>(interval.count())),
      proportional_(config.backpressurePidProportional),
      integral_(config.backpressurePidIntegral),
      derived_(config.backpressurePidDerived),
      minRate_(config.backpressurePidMinRate)
{
    checkNumber("backpressureInitialRate", config.backpressureInitialRate.value_or(1), false);
    checkNumber("backpressurePidProportional", proportional_, true);
    checkNumber("backpressurePidIntegral", integral_, true);
    checkNumber("backpressurePidDerived", derived_, true);
    checkNumber("backpressurePidMinRate", minRate_, false);
    std::string_view const name = config.backpressureRateEstimator;
    if (name == "pid") return;
    throw InvalidArgument{concat({"sluice::Config::backpressureRateEstimator: there is none but \"pid\", got \"", name, "\""})};
}

SLUICE_COLD SLUICE_BODY std::optional<double> PidRateEstimator::compute(BatchPace const& pace, std::int64_t records)
{
    auto const processing = static_cast<double>(pace.processing.count());
    if (pace.end <= latest_ || records <= 0 || processing <= 0) return {};
    constexpr double second = 1e6;
    auto const processed = static_cast<double>(records) / processing * second;
    auto const before = std::exchange(latest_, pace.end);
    if (std::exchange(first_, false)) {
        rate_ = processed;
        return {};
    }
    auto const error = rate_ - processed;
    auto const grown = error - std::exchange(error_, error);
    auto const change = before == never ? 0 : grown / static_cast<double>((pace.end - before).count()) * second;
    auto const piled = static_cast<double>(pace.late.count()) * processed / interval_;
    auto const wanted = rate_ - proportional_ * error - integral_ * piled - derived_ * change;
    return rate_ = wanted > minRate_ ? wanted : minRate_;
}

}  // namespace sluice::inline SLUICE_ABI::detail
