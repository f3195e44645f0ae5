// expect: sluice::join\(other\): a stream is joined with a stream, a batch with a batch
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<std::pair<int, int>> a)
{
#ifdef SLUICE_TWIN
    a | transform([](auto batch) { return batch | join(rdd({std::pair{1, 2}})); }) | count() | print();
#else
    a | join(rdd({std::pair{1, 2}})) | count() | print();
#endif
}
