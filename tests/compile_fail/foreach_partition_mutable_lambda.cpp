// expect: sluice: the function is called as const, by several threads at once: no mutable lambda
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
