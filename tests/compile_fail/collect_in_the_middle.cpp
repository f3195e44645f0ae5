// expect: sluice: an action ends a pipeline
#include <sluice/sluice.hpp>

using namespace sluice;

auto program()
{
#ifdef SLUICE_TWIN
    auto const counted = map([](int n) { return 2 * n; }) | count();
    return rdd({1, 2}) | counted;
#else
    auto const counted = map([](int n) { return 2 * n; }) | collect() | count();
    return rdd({1, 2}) | counted;
#endif
}
