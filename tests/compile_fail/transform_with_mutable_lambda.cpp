// expect: sluice: the function is called as const: no mutable lambda
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | transformWith(numbers, [n = 0](RDD<int> a, RDD<int>) { return a | filter([n](int x) { return x > n; }); }) | print();
#else
    numbers | transformWith(numbers, [n = 0](RDD<int> a, RDD<int>) mutable { return ++n, a; }) | print();
#endif
}
