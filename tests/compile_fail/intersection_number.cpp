// expect: sluice::intersection\(other\): a stream meets a stream, a batch meets a batch
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> a, DStream<int> b)
{
#ifdef SLUICE_TWIN
    a | intersection(b) | count() | print();
#else
    a | intersection(4) | count() | print();
#endif
}
