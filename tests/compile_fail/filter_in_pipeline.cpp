// expect: sluice::filter\(f\): f must answer true or false
#include <sluice/sluice.hpp>

using namespace sluice;

auto program()
{
#ifdef SLUICE_TWIN
    return rdd({1, 2}) | (map([](int n) { return n - 1; }) | filter([](int n) { return n % 2; }) | count());
#else
    return rdd({1, 2}) | (map([](int n) { return n - 1; }) | filter([](int n) { return std::pair{n, 1}; }) | count());
#endif
}
