// expect: sluice: the function must return a batch, a range of records, or an optional one
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | mapPartitions([](auto part) { return part; }) | print();
#else
    numbers | mapPartitions([](auto part) { part | foreach ([](int) {}); }) | print();
#endif
}
