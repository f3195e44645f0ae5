// expect: sluice: the function must take a batch
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | foreachRDD([](RDD<int> batch) { return batch | count(); });
#else
    numbers | foreachRDD([](int n) { return n; });
#endif
}
