// expect: sluice: a stream meets streams, a batch meets batches
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> a, DStream<int> b)
{
#ifdef SLUICE_TWIN
    a | subtract(b) | count() | print();
#else
    a | subtract(4) | count() | print();
#endif
}
