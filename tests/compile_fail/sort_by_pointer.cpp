// expect: sluice::sortBy\(f\): f must not return a pointer
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | sortBy([](int) { return std::string_view{"a"}; }) | print();
#else
    numbers | sortBy([](int) { return "a"; }) | print();
#endif
}
