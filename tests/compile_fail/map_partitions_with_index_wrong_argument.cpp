// expect: sluice::mapPartitionsWithIndex\(f\): f must take the number of a partition, and its records as a batch
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | mapPartitionsWithIndex([](std::size_t, auto part) { return part; }) | print();
#else
    numbers | mapPartitionsWithIndex([](auto part) { return part; }) | print();
#endif
}
