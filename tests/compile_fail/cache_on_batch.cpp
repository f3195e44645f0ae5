// expect: sluice::cache\(\): must stand behind a stream
#include <sluice/sluice.hpp>

using namespace sluice;

auto program()
{
#ifdef SLUICE_TWIN
    auto const kept = rdd({1, 2}) | map([](int n) { return 2 * n; }) | collect();
    return rdd(kept) | count();
#else
    return rdd({1, 2}) | map([](int n) { return 2 * n; }) | cache() | count();
#endif
}
