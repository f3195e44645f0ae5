// expect: sluice::subtractByKey\(other\): from a stream a stream is subtracted, from a batch a batch
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<std::pair<int, int>> a)
{
#ifdef SLUICE_TWIN
    a | transform([](auto batch) { return batch | subtractByKey(rdd({std::pair{1, 2}})); }) | count() | print();
#else
    a | subtractByKey(rdd({std::pair{1, 2}})) | count() | print();
#endif
}
