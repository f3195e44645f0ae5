// expect: sluice: this action must stand behind a batch
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | foreachRDD([](auto batch) { batch | foreachPartition([](auto one) { return one | sum(); }); });
#else
    numbers | foreachPartition([](auto one) { return one | sum(); });
#endif
}
