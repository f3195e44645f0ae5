// expect: sluice: the key must have a hash
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
    numbers | map([](int x) { return std::pair{std::tuple{x, x}, x}; }) |
        aggregateByKey(0, [](int n, int m) { return n + m; }, [](int n, int m) { return n + m; }) | count() | print();
#else
    numbers | map([](int x) { return std::pair{Place{x, x}, x}; }) |
        aggregateByKey(0, [](int n, int m) { return n + m; }, [](int n, int m) { return n + m; }) | count() | print();
#endif
}
