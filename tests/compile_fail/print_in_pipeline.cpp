// expect: sluice: an output must stand behind a stream; with a batch use
#include <sluice/sluice.hpp>

#include <cstdio>

using namespace sluice;

void program(RDD<int> batch)
{
#ifdef SLUICE_TWIN
    batch | map([](int n) { return 2 * n; }) | foreach ([](int n) { std::puts(textOf(n).c_str()); });
#else
    batch | (map([](int n) { return 2 * n; }) | print());
#endif
}
