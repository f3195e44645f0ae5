// expect: sluice::leftOuterJoin\(other\): a stream is joined with a stream, a batch with a batch
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<std::pair<int, int>> a, DStream<std::pair<int, char>> b)
{
#ifdef SLUICE_TWIN
    a | leftOuterJoin(b) | count() | print();
#else
    a | leftOuterJoin(4) | count() | print();
#endif
}
