// expect: sluice: the records must be copyable
#include <sluice/sluice.hpp>

using namespace sluice;

struct Reading {
#ifdef SLUICE_TWIN
    int number;
#else
    int const number;
#endif
};

auto least = rdd({1, 2}) | map([](int n) { return Reading{n}; }) |
             reduce([](Reading const& a, Reading const& b) -> Reading const& { return a.number < b.number ? a : b; });
