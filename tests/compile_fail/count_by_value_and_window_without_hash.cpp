// expect: sluice: the records must have a hash
#include <sluice/sluice.hpp>

using namespace sluice;
using namespace std::chrono_literals;

struct Place {
    Place(int itsX, int itsY) : x(itsX), y(itsY) {}
    int x;
    int y;
};

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | countByValueAndWindow(3s) | count() | print();
#else
    numbers | map([](int x) { return Place{x, x}; }) | countByValueAndWindow(3s) | count() | print();
#endif
}
