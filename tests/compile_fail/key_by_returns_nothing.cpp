// expect: sluice: the function must return a value
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | keyBy([](int n) { return n % 2; }) | print();
#else
    numbers | keyBy([](int) {}) | print();
#endif
}
