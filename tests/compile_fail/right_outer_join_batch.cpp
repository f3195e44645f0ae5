// expect: sluice: a stream meets streams, a batch meets batches
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<std::pair<int, int>> a)
{
#ifdef SLUICE_TWIN
    a | transform([](auto batch) { return batch | rightOuterJoin(rdd({std::pair{1, 2}})); }) | count() | print();
#else
    a | rightOuterJoin(rdd({std::pair{1, 2}})) | count() | print();
#endif
}
