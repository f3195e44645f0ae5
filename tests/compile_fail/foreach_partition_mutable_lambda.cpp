// expect: sluice::foreachPartition\(f\): f is called as const
#include <sluice/sluice.hpp>

using namespace sluice;

void program(RDD<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | foreachPartition([](auto one) { return one | sum(); });
#else
    numbers | foreachPartition([calls = 0](auto one) mutable { return ++calls, one | sum(); });
#endif
}
