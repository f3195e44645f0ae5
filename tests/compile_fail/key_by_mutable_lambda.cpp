// expect: sluice: the function is called as const, by several threads at once: no mutable lambda
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | keyBy([last = 0](int n) { return last + n; }) | print();
#else
    numbers | keyBy([last = 0](int n) mutable { return last += n; }) | print();
#endif
}
