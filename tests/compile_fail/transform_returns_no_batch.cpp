// expect: sluice: the function must return a batch
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | transform([](auto batch) { return rdd(batch | collect()); }) | print();
#else
    numbers | transform([](auto batch) { return batch | collect(); }) | print();
#endif
}
