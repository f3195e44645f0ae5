// expect: sluice: it must stand behind a stream
#include <sluice/sluice.hpp>

using namespace sluice;

auto program()
{
#ifdef SLUICE_TWIN
    return rdd({1, 2}) | map([](int n) { return 2 * n; }) | count();
#else
    return rdd({1, 2}) | map([](int n) { return 2 * n; }) | named("doubled") | count();
#endif
}
