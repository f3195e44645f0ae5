// expect: void
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | print();
    numbers | map([](int n) { return 2 * n; }) | print();
#else
    numbers | print() | map([](int n) { return 2 * n; });
#endif
}
