// expect: sluice: an operator stands in a pipe with its call
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<std::pair<int, int>> a, DStream<std::pair<int, char>> b)
{
#ifdef SLUICE_TWIN
    a | cogroup(b) | count() | print();
#else
    a | cogroup | count() | print();
#endif
}
