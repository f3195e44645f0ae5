// expect: nodiscard
// warning
#include <sluice/sluice.hpp>

using namespace sluice;

void program(RDD<int> batch)
{
#ifdef SLUICE_TWIN
    batch | map([](int n) { return 2 * n; }) | foreach ([](int) {});
#else
    batch | map([](int n) { return 2 * n; });
#endif
}
