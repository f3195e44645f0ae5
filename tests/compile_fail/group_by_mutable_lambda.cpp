// expect: sluice: the function is called as const, by several threads at once: no mutable lambda
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | groupBy([](int x) { return x % 2; }) | count() | print();
#else
    numbers | groupBy([calls = 0](int x) mutable { return ++calls, x % 2; }) | count() | print();
#endif
}
