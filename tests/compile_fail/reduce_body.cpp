// expect: 'int'
// errors: 2
#include <sluice/sluice.hpp>

using namespace sluice;

auto program()
{
#ifdef SLUICE_TWIN
    return rdd({1, 2}) | reduce([](auto a, auto b) { return a + b; });
#else
    return rdd({1, 2}) | reduce([](auto a, auto b) { return a.append(b); });
#endif
}
