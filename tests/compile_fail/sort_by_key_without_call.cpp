// expect: sluice: an operator stands in a pipe with its call
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | map([](int x) { return std::pair{x, x}; }) | sortByKey() | count() | print();
#else
    numbers | map([](int x) { return std::pair{x, x}; }) | sortByKey | count() | print();
#endif
}
