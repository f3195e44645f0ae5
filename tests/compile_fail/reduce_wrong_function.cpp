// expect: sluice: the function must take (two|a result)
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | reduce([](int n, int m) { return n + m; }) | print();
#else
    numbers | reduce([](int n) { return n; }) | print();
#endif
}
