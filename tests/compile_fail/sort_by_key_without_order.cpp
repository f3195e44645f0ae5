// expect: sluice: what is sorted by must have an order
#include <sluice/sluice.hpp>

using namespace sluice;

struct Place {
    Place(int itsX, int itsY) : x(itsX), y(itsY) {}
    int x;
    int y;
};

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | map([](int x) { return std::pair{std::pair{x, x}, x}; }) | sortByKey() | count() | print();
#else
    numbers | map([](int x) { return std::pair{Place{x, x}, x}; }) | sortByKey() | count() | print();
#endif
}
