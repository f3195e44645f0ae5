// expect: sluice: the records must be pairs
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | map([](int x) { return std::pair{x, x}; }) | sortByKey() | count() | print();
#else
    numbers | sortByKey() | count() | print();
#endif
}
