// expect: sluice: behind \| stands an operator or an output; a function goes into one
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | map([](int n) { return 2 * n; }) | print();
#else
    numbers | [](int n) { return 2 * n; } | print();
#endif
}
