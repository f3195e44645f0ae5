// expect: sluice::intersection\(other\): a stream meets a stream, a batch meets a batch
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
