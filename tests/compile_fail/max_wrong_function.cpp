// expect: sluice: less must take two records
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | max([](int a, int b) { return a % 10 < b % 10; }) | print();
#else
    numbers | max([](int a) { return a % 10; }) | print();
#endif
}
