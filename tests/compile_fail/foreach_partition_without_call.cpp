// expect: sluice: an operator stands in a pipe with its call
#include <sluice/sluice.hpp>

using namespace sluice;

void program(RDD<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | foreachPartition([](auto one) { return one | sum(); });
#else
    numbers | foreachPartition;
#endif
}
