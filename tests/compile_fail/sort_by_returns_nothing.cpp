// expect: sluice: the function must return a value
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | sortBy([](int x) { return -x; }) | print();
#else
    numbers | sortBy([](int) {}) | print();
#endif
}
