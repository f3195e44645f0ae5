// expect: sluice: this action must stand behind a batch; in a stream write foreachRDD
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | foreachRDD([](auto batch) { batch | foreach ([](int) {}); });
#else
    numbers | foreach ([](int) {});
#endif
}
