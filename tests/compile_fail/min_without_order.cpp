// expect: sluice::min\(\): the records must have an order
#include <sluice/sluice.hpp>

using namespace sluice;

struct Point {
    int x;
};

void program(DStream<Point> points)
{
#ifdef SLUICE_TWIN
    points | map([](Point p) { return p.x; }) | min() | print();
#else
    points | min() | foreachRDD([](auto const&) {});
#endif
}
