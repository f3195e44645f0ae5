// expect: sluice::mapPartitions\(f\): f must take a batch of these records
#include <sluice/sluice.hpp>

#include <vector>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | mapPartitions([](auto part) { return part; }) | print();
#else
    numbers | mapPartitions([](int n) { return std::vector{n}; }) | print();
#endif
}
