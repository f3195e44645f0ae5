// expect: sluice::transformAll\(streams, f\): f must take a std::vector<RDD<T>>
#include <sluice/sluice.hpp>

using namespace sluice;

void program(std::vector<DStream<int>> streams)
{
#ifdef SLUICE_TWIN
    transformAll(streams, [](std::vector<RDD<int>> const& batches) { return batches[0]; }) | print();
#else
    transformAll(streams, [](RDD<int> batch) { return batch; }) | print();
#endif
}
