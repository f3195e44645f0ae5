// expect: sluice: the function must return a value
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | groupBy([](int x) { return x % 2; }) | count() | print();
#else
    numbers | groupBy([](int) {}) | count() | print();
#endif
}
