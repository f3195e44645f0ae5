// expect: sluice: the function is called as const, by several threads at once: no mutable lambda
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | filter([i = 0](int) { return i % 2 == 0; }) | print();
#else
    numbers | filter([i = 0](int) mutable { return ++i % 2 == 0; }) | print();
#endif
}
