// expect: sluice: the key must not be a pointer
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
