// expect: sluice: an output ends a pipeline
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | foreachRDD([](auto) {});
    numbers | print();
#else
    numbers | (foreachRDD([](auto) {}) | print());
#endif
}
