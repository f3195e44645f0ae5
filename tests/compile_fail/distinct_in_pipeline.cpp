// expect: sluice: the records must have a hash
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
    auto const all = map([](int x) { return std::pair{x, x}; }) | distinct();
    numbers | all | count() | print();
#else
    auto const all = map([](int x) { return Place{x, x}; }) | distinct();
    numbers | all | count() | print();
#endif
}
