// expect: sluice::collectAsMap\(\): the key must have an order
#include <sluice/sluice.hpp>

using namespace sluice;

struct Point {
    int x;
};

void program(RDD<std::pair<Point, int>> points)
{
#ifdef SLUICE_TWIN
    static_cast<void>(points | map([](Point p, int n) { return std::pair{p.x, n}; }) | collectAsMap());
#else
    static_cast<void>(points | collectAsMap());
#endif
}
