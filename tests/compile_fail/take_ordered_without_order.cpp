// expect: sluice::takeOrdered\(n\): the records must have an order
#include <sluice/sluice.hpp>

using namespace sluice;

struct Point {
    int x;
};

void program(RDD<Point> points)
{
#ifdef SLUICE_TWIN
    static_cast<void>(points | map([](Point p) { return p.x; }) | takeOrdered(3));
#else
    static_cast<void>(points | takeOrdered(3));
#endif
}
