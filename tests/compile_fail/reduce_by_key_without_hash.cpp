// expect: sluice: the key must have a hash
#include <sluice/sluice.hpp>

#include <functional>
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
    numbers | map([](int n) { return std::pair{std::tuple{n, n}, 1}; }) | reduceByKey(std::plus{}) | count() | print();
#else
    numbers | map([](int n) { return std::pair{Place{n, n}, 1}; }) | reduceByKey(std::plus{}) | count() | print();
#endif
}
