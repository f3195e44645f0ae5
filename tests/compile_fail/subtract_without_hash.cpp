// expect: sluice: the records must have a hash
#include <sluice/sluice.hpp>

using namespace sluice;

struct Place {
    Place(int itsX, int itsY) : x(itsX), y(itsY) {}
    int x;
    int y;
};

constexpr auto pair = [](int x) { return std::pair{x, x}; };
constexpr auto place = [](int x) { return Place{x, x}; };

void program(DStream<int> a, DStream<int> b)
{
#ifdef SLUICE_TWIN
    a | map(pair) | subtract(b | map(pair)) | count() | print();
#else
    a | map(place) | subtract(b | map(place)) | count() | print();
#endif
}
