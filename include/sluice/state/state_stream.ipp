#pragma once

#include <sluice/state/state_stream.hpp>

namespace sluice::inline SLUICE_ABI::detail {

SLUICE_BODY ReadGate::Reading::Reading(ReadGate& gate) : gate_(gate)
{
    auto& readers = gate.readers_;
    unsigned n = readers.load(std::memory_order_relaxed);
    while (n == closed || !readers.compare_exchange_weak(n, n + 1, std::memory_order_acquire)) {
        if (n != closed) continue;
        waitWhile<unsigned>(readers, closed);
        n = readers.load(std::memory_order_relaxed);
    }
}

SLUICE_BODY ReadGate::Reading::~Reading()
{
    if (gate_.readers_.fetch_sub(1, std::memory_order_release) == 1) notifyAll(gate_.readers_);
}

SLUICE_COLD SLUICE_BODY ReadGate::Changing::Changing(ReadGate& gate) : gate_(gate)
{
    for (unsigned none = 0; !gate.readers_.compare_exchange_weak(none, closed, std::memory_order_acquire); none = 0) {
        if (none != 0) waitWhile<unsigned>(gate.readers_, none);
    }
}

SLUICE_COLD SLUICE_BODY ReadGate::Changing::~Changing()
{
    gate_.readers_.store(0, std::memory_order_release);
    notifyAll(gate_.readers_);
}

}  // namespace sluice::inline SLUICE_ABI::detail
