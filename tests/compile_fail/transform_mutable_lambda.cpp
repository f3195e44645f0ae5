// expect: sluice: the function is called as const: no mutable lambda
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | transform([i = 0](auto batch) { return batch | filter([i](int n) { return n > i; }); }) | print();
#else
    numbers | transform([i = 0](auto batch) mutable { return batch | filter([at = i++](int n) { return n > at; }); }) | print();
#endif
}
