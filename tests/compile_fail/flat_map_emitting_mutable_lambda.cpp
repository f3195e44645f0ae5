// expect: sluice: the function is called as const, by several threads at once: no mutable lambda
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | flatMap<int>([](int n, auto&& emit) { emit(-n); }) | print();
#else
    numbers | flatMap<int>([last = 0](int n, auto&& emit) mutable { emit(last += n); }) | print();
#endif
}
