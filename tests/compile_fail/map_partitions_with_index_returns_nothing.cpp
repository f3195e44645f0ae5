// expect: sluice: the function must return a batch, a range of records, or an optional one
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | mapPartitionsWithIndex([](std::size_t, auto part) { return part; }) | print();
#else
    numbers | mapPartitionsWithIndex([](std::size_t, auto part) { part | foreach ([](int) {}); }) | print();
#endif
}
