// expect: sluice::top\(n\): the records must have an order
#include <sluice/sluice.hpp>

using namespace sluice;

struct Point {
    int x;
};

void program(RDD<Point> points)
{
#ifdef SLUICE_TWIN
    static_cast<void>(points | map([](Point p) { return p.x; }) | top(3));
#else
    static_cast<void>(points | top(3));
#endif
}
