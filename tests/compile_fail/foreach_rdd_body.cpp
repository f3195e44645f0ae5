// expect: no member named 'records'
// errors: 2
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | foreachRDD([](auto batch) { return batch; });
#else
    numbers | foreachRDD([](auto batch) { return batch.records(); });
#endif
}
