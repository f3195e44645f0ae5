// expect: sluice: the records must have an order
#include <sluice/sluice.hpp>

#include <string>
#include <utility>

using namespace sluice;

struct Point {
    explicit Point(std::string itsName) : name(std::move(itsName)) {}
    std::string name;
};

void program(DStream<Point> points)
{
#ifdef SLUICE_TWIN
    points | map([](Point p) { return p.name; }) | max() | print();
#else
    points | max() | foreachRDD([](auto const&) {});
#endif
}
