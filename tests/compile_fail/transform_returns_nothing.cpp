// expect: sluice: the function must return a batch
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | foreachRDD([](auto batch) { batch | foreach ([](int) {}); });
#else
    numbers | transform([](auto batch) { batch | foreach ([](int) {}); }) | print();
#endif
}
