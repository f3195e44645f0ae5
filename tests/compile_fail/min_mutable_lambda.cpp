// expect: sluice: less is called as const
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | min([](int a, int b) { return a > b; }) | print();
#else
    numbers | min([calls = 0](int a, int b) mutable { return ++calls, a > b; }) | print();
#endif
}
