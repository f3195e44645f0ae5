// expect: sluice::foreachPartition\(f\): f must take a batch of one partition
#include <sluice/sluice.hpp>

using namespace sluice;

void program(RDD<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | foreachPartition([](auto one) { return one | sum(); });
#else
    numbers | foreachPartition([](int n) { return n; });
#endif
}
