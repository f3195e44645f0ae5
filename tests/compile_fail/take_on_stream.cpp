// expect: sluice: this action must stand behind a batch
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | foreachRDD([](auto batch) { auto const some = batch | take(3); });
#else
    auto const some = numbers | take(3);
#endif
}
