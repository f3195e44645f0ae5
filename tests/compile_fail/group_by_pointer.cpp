// expect: sluice: the key must not be a pointer
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | groupBy([](int) { return std::string_view{"a"}; }) | count() | print();
#else
    numbers | groupBy([](int) { return "a"; }) | count() | print();
#endif
}
