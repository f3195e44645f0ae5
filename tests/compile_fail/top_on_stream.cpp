// expect: sluice: this action must stand behind a batch
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | foreachRDD([](auto batch) { return batch | top(3); });
#else
    auto const best = numbers | top(3);
#endif
}
