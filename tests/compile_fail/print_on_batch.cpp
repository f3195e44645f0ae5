// expect: sluice: an output must stand behind a stream; with a batch use
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | print();
#else
    numbers | foreachRDD([](auto batch) { batch | print(); });
#endif
}
