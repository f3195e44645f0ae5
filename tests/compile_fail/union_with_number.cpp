// expect: sluice: a stream meets streams, a batch meets batches
#include <sluice/sluice.hpp>

using namespace sluice;

void program(RDD<int> batch)
{
#ifdef SLUICE_TWIN
    batch | unionWith(rdd({3})) | foreach ([](int) {});
#else
    batch | unionWith(3) | foreach ([](int) {});
#endif
}
