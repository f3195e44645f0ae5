// expect: sluice::print\(\): must stand behind a stream
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
