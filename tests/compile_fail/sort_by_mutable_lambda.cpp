// expect: sluice: the function is called as const
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | sortBy([](int x) { return -x; }) | print();
#else
    numbers | sortBy([calls = 0](int x) mutable { return ++calls, x; }) | print();
#endif
}
