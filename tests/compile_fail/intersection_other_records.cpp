// expect: sluice: all of them must hold records of one type
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> a, DStream<int> b)
{
#ifdef SLUICE_TWIN
    a | intersection(b) | count() | print();
#else
    a | intersection(b | map([](int x) { return 0.5 * x; })) | count() | print();
#endif
}
