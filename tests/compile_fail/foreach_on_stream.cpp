// expect: sluice::foreach\(f\): must stand behind a batch
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | foreachRDD([](auto batch) { batch | foreach([](int) {}); });
#else
    numbers | foreach([](int) {});
#endif
}
