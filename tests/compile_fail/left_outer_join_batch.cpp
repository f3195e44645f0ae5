// expect: sluice::leftOuterJoin\(other\): a stream is joined with a stream, a batch with a batch
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<std::pair<int, int>> a)
{
#ifdef SLUICE_TWIN
    a | transform([](auto batch) { return batch | leftOuterJoin(rdd({std::pair{1, 2}})); }) | count() | print();
#else
    a | leftOuterJoin(rdd({std::pair{1, 2}})) | count() | print();
#endif
}
