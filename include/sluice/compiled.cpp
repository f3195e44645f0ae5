// The compiled mode: the one file of a program, or of a library of it, that has the bodies which know no type of the user's. It
// and all files that are linked with it are compiled with -DSLUICE_COMPILED and the same settings; the build files have targets
// that see to it (README, Get started). A program that does neither has all of it inline.

#ifndef SLUICE_COMPILED
#error "compile sluice/compiled.cpp, and all that is linked with it, with -DSLUICE_COMPILED"
#endif

#include <sluice/runtime.hpp>

namespace sluice::inline SLUICE_ABI::detail {

template class Workers<>;
template class HostedWorkers<>;
template class SystemClockBase<>;
template class ManualClockBase<>;
template class StreamingEngine<>;
template class ListenerBus<>;
template class CountingListener<>;

extern char const SLUICE_COMPILED_WITH;
char const SLUICE_COMPILED_WITH = 0;

}  // namespace sluice::inline SLUICE_ABI::detail
