// expect: sluice: the records must have a text form
#include <sluice/sluice.hpp>

#include <tuple>

using namespace sluice;

struct Place {
    Place(int itsX, int itsY) : x(itsX), y(itsY) {}
    int x;
    int y;
};

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | map([](int n) { return std::tuple{n, n}; }) | print();
#else
    numbers | map([](int n) { return Place{n, n}; }) | print();
#endif
}
