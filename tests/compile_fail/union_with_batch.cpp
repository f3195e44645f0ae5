// expect: sluice: a stream meets streams, a batch meets batches
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | transform([](auto batch) { return batch | unionWith(rdd({1, 2})); }) | print();
#else
    numbers | unionWith(rdd({1, 2})) | print();
#endif
}
