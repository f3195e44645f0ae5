// expect: sluice: the key must have a hash
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
    numbers | groupBy([](int x) { return std::pair{x, x}; }) | count() | print();
#else
    numbers | groupBy([](int x) { return Place{x, x}; }) | count() | print();
#endif
}
