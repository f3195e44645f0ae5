// expect: sluice: a stream meets streams, a batch meets batches
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> numbers, DStream<int> others)
{
#ifdef SLUICE_TWIN
    numbers | unionWith(others, others) | print();
#else
    numbers | unionWith(others, rdd({1, 2})) | print();
#endif
}
