// expect: sluice: an output must stand behind a stream; with a batch use
#include <sluice/sluice.hpp>

using namespace sluice;

void program(RDD<int> batch)
{
#ifdef SLUICE_TWIN
    [](auto) {}(batch);
#else
    batch | foreachRDD([](auto) {});
#endif
}
