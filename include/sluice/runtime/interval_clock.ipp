#pragma once

#include <sluice/runtime/interval_clock.hpp>

namespace sluice::inline SLUICE_ABI {

SLUICE_COLD SLUICE_BODY void IntervalClock::stop()
{
    core()->setPhase(detail::GraphCore::Phase::stopped);
    for (auto const& input : core()->inputs()) input->silence();
    stopInputs();
}

SLUICE_COLD SLUICE_BODY void IntervalClock::start(Time zero)
{
    auto& graph = *core();
    graph.validate();
    for (auto const& input : graph.inputs()) {
        if (input->receiver() == nullptr) continue;
        throw IllegalState{detail::concat({detail::where(input->label),
                                           ": an IntervalClock has no thread to run a receiver: a "
                                           "StreamingContext has, or use a channelStream"})};
    }
    graph.start(zero);
    try {
        for (auto const& input : graph.inputs()) {
            ++started_;  // also the one that fails half-way
            input->start();
        }
    } catch (...) {
        stopInputs();
        graph.setPhase(detail::GraphCore::Phase::building);
        throw;
    }
    next_ = zero + batchInterval();
}

SLUICE_COLD SLUICE_BODY void IntervalClock::stopInputs() noexcept
{
    for (std::size_t i = 0; i < started_; ++i) {
        auto& input = *core()->inputs()[i];
        try {
            input.stop();
        } catch (...) {
            try {
                core()->log({LogLevel::error, input.label, {}, detail::concat({"stop: ", detail::errorText(std::current_exception())})});
            } catch (...) {  // no memory for that
            }
        }
    }
    started_ = 0;
}

}  // namespace sluice::inline SLUICE_ABI
