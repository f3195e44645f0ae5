// expect: sluice::flatMap<U>\(f\): U must be the type of the records
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | flatMap<int>([](int n, auto&& emit) { emit(-n); }) | print();
#else
    numbers | flatMap<int const&>([](int n, auto&& emit) { emit(-n); }) | print();
#endif
}
