// expect: sluice: the records must have an order
#include <sluice/sluice.hpp>

#include <string>
#include <utility>

using namespace sluice;

struct Point {
    explicit Point(std::string itsName) : name(std::move(itsName)) {}
    std::string name;
};

void program(RDD<Point> points)
{
#ifdef SLUICE_TWIN
    static_cast<void>(points | map([](Point p) { return p.name; }) | takeOrdered(3));
#else
    static_cast<void>(points | takeOrdered(3));
#endif
}
