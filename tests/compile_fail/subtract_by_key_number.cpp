// expect: sluice: a stream meets streams, a batch meets batches
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<std::pair<int, int>> a, DStream<std::pair<int, char>> b)
{
#ifdef SLUICE_TWIN
    a | subtractByKey(b) | count() | print();
#else
    a | subtractByKey(4) | count() | print();
#endif
}
