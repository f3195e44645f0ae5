// expect: sluice: an operator stands in a pipe with its call
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> a, DStream<int> b)
{
#ifdef SLUICE_TWIN
    a | intersection(b) | count() | print();
#else
    a | intersection | count() | print();
#endif
}
