// expect: sluice: this action must stand behind a batch
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | foreachRDD([](auto batch) { auto const all = batch | collect(); });
#else
    auto const all = numbers | collect();
#endif
}
