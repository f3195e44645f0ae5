// expect: sluice::foreachRDD\(f\): must stand behind a stream
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
