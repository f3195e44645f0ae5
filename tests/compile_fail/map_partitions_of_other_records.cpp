// expect: sluice::mapPartitions\(f\): f must take a batch of these records
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | mapPartitions([](RDD<int> part) { return part; }) | print();
#else
    numbers | mapPartitions([](RDD<long> part) { return part; }) | print();
#endif
}
