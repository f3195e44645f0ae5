// expect: sluice: less is called as const
#include <sluice/sluice.hpp>

using namespace sluice;

void program(RDD<int> numbers)
{
#ifdef SLUICE_TWIN
    static_cast<void>(numbers | top(3, [](int a, int b) { return a > b; }));
#else
    static_cast<void>(numbers | top(3, [calls = 0](int a, int b) mutable { return ++calls, a > b; }));
#endif
}
