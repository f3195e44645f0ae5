#pragma once

// The engine, compiled once: for programs of many files that make contexts. One file of the program includes this; all of
// them, this one too, are compiled with -DSLUICE_ENGINE_ELSEWHERE, and each of the others is spared the second or more that
// the engine takes to compile. A program that does neither compiles in each file what that file needs of the engine.

#include <sluice/runtime.hpp>

namespace sluice::inline SLUICE_ABI::detail {

template class Workers<>;
template class HostedWorkers<>;
template class SystemClockBase<>;
template class ManualClockBase<>;
template class StreamingEngine<>;
template class ListenerBus<>;
template class CountingListener<>;

}  // namespace sluice::inline SLUICE_ABI::detail
