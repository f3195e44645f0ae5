// expect: sluice: the function is called as const, by several threads at once: no mutable lambda
#include <sluice/sluice.hpp>

using namespace sluice;

void program(RDD<int> batch)
{
#ifdef SLUICE_TWIN
    batch | foreach ([](int n) { static_cast<void>(n); });
#else
    batch | foreach ([sum = 0](int n) mutable { sum += n; });
#endif
}
