// expect: sluice: a stream meets streams, a batch meets batches
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> numbers, DStream<int> others)
{
#ifdef SLUICE_TWIN
    numbers | unionWith(others) | print();
#else
    numbers | transform([others](auto batch) { return batch | unionWith(others); }) | print();
#endif
}
