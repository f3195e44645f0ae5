// expect: sluice: what meets by key must be pairs of a key and a value, on each side
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<std::pair<int, int>> a, DStream<std::pair<int, char>> b)
{
#ifdef SLUICE_TWIN
    a | cogroup(b) | count() | print();
#else
    a | cogroup(b | map([](int k, char) { return k; })) | count() | print();
#endif
}
