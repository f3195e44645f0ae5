// expect: sluice: this action must stand behind a batch
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    auto const all = map([](int n) { return 2 * n; }) | collect();
    numbers | foreachRDD([all](auto batch) { return (batch | all).size(); });
#else
    auto const all = numbers | (map([](int n) { return 2 * n; }) | collect());
#endif
}
