// expect: sluice: the function must take one record
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | map([](int n) { return textOf(n); }) | flatMap(split(',')) | print();
#else
    numbers | flatMap(split(',')) | print();
#endif
}
