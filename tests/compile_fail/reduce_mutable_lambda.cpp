// expect: sluice: the function is called as const
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | reduce([](int n, int m) { return n + m; }) | print();
#else
    numbers | reduce([calls = 0](int n, int m) mutable { return ++calls, n + m; }) | print();
#endif
}
