// expect: sluice: the function must return a batch, a range of records, or an optional one
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | (map([](int n) { return -n; }) | mapPartitionsWithIndex([](std::size_t, auto part) { return part; })) | print();
#else
    numbers | (map([](int n) { return -n; }) | mapPartitionsWithIndex([](std::size_t, auto part) { return part.numPartitions(); })) |
        print();
#endif
}
