// expect: sluice::mapPartitions\(f\): f must return a batch
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | (map([](int n) { return -n; }) | mapPartitions([](auto part) { return part; })) | print();
#else
    numbers | (map([](int n) { return -n; }) | mapPartitions([](auto part) { return part.numPartitions(); })) | print();
#endif
}
