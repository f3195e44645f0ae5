// expect: sluice: ascending must be a bool
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | map([](int x) { return std::pair{x, x}; }) | sortByKey(true, 4) | count() | print();
#else
    numbers | map([](int x) { return std::pair{x, x}; }) | sortByKey(4) | count() | print();
#endif
}
