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
    numbers | sortBy([](int x) { return std::pair{x, x}; }) | print();
#else
    numbers | sortBy([](int x) { return Place{x, x}; }) | print();
#endif
}
