// expect: sluice: the function must take (two|a result)
#include <sluice/sluice.hpp>

using namespace sluice;

void program(RDD<int> batch)
{
#ifdef SLUICE_TWIN
    batch | map([](int n) { return n; }) | reduce([](auto a, auto b) { return a + b; });
#else
    batch | map([](int n) { return std::pair{n, n}; }) | reduce([](auto a, auto b) { return a.first + b.first; });
#endif
}
