// expect: sluice::subtractByKey\(other\): from a stream a stream is subtracted, from a batch a batch
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
