// expect: sluice::flatMap\(f\): f must return what it makes; where it emits that, the type must be given: flatMap<U>\(f\)
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | flatMap<int>([](int n, auto&& emit) { emit(-n); }) | print();
#else
    numbers | flatMap([](int n, auto&& emit) { emit(-n); }) | print();
#endif
}
