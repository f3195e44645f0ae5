// expect: sluice::print\(\): must stand behind a stream
#include <sluice/sluice.hpp>

using namespace sluice;

void program(RDD<int> batch)
{
#ifdef SLUICE_TWIN
    batch | map([](int n) { return 2 * n; }) | foreach([](int n) { text(n); });
#else
    batch | (map([](int n) { return 2 * n; }) | print());
#endif
}
