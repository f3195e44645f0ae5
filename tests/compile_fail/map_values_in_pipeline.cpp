// expect: sluice: the records must be pairs
#include <sluice/sluice.hpp>

using namespace sluice;

auto program()
{
#ifdef SLUICE_TWIN
    return rdd({1, 2}) | (map([](int n) { return std::pair{n, n}; }) | mapValues([](int n) { return n; }) | count());
#else
    return rdd({1, 2}) | (map([](int n) { return 2 * n; }) | mapValues([](int n) { return n; }) | count());
#endif
}
