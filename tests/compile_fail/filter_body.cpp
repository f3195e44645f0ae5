// expect: 'int'
// errors: 2
#include <sluice/sluice.hpp>

using namespace sluice;

auto program()
{
#ifdef SLUICE_TWIN
    return rdd({1, 2, 3}) | filter([](auto n) { return n > 1; }) | count();
#else
    return rdd({1, 2, 3}) | filter([](auto line) { return !line.empty(); }) | count();
#endif
}
