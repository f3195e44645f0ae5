// expect: sluice: less must take two records
#include <sluice/sluice.hpp>

using namespace sluice;

void program(RDD<int> numbers)
{
#ifdef SLUICE_TWIN
    static_cast<void>(numbers | takeOrdered(3, [](int a, int b) { return a % 10 < b % 10; }));
#else
    static_cast<void>(numbers | takeOrdered(3, [](int a) { return a % 10; }));
#endif
}
