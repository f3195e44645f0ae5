// expect: sluice: the function must take one record
#include <sluice/sluice.hpp>

using namespace sluice;

auto program()
{
#ifdef SLUICE_TWIN
    return rdd({1, 2, 3}) | map([](int n) { return 2 * n; }) | count();
#else
    return rdd({1, 2, 3}) | map([](std::string_view line) { return line.size(); }) | count();
#endif
}
