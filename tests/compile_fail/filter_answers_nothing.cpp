// expect: sluice::filter\(f\): f must answer true or false
#include <sluice/sluice.hpp>

using namespace sluice;

void program(RDD<int> batch)
{
#ifdef SLUICE_TWIN
    batch | filter([](int n) { return n > 1; }) | foreach ([](int) {});
#else
    batch | filter([](int n) { static_cast<void>(n > 1); }) | foreach ([](int) {});
#endif
}
