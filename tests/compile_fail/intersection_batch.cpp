// expect: sluice: a stream meets streams, a batch meets batches
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> a)
{
#ifdef SLUICE_TWIN
    a | transform([](auto batch) { return batch | intersection(rdd({1, 2})); }) | count() | print();
#else
    a | intersection(rdd({1, 2})) | count() | print();
#endif
}
