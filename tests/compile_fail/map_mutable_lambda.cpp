// expect: sluice: the function is called as const, by several threads at once: no mutable lambda
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | map([sum = 0](int n) { return sum + n; }) | print();
#else
    numbers | map([sum = 0](int n) mutable { return sum += n; }) | print();
#endif
}
