// expect: sluice: values that meet must be copyable
#include <sluice/sluice.hpp>

#include <memory>

using namespace sluice;

void program(DStream<std::pair<int, int>> a, DStream<std::pair<int, char>> b)
{
#ifdef SLUICE_TWIN
    a | fullOuterJoin(b) | count() | print();
#else
    a | mapValues([](int x) { return std::make_unique<int>(x); }) | fullOuterJoin(b) | count() | print();
#endif
}
