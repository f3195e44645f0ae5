// expect: sluice: the records must be copyable
// near: 11
#include <sluice/sluice.hpp>

#include <memory>

using namespace sluice;

void program(DStream<std::pair<int, int>> a, DStream<std::pair<int, char>> b)
{
#ifdef SLUICE_TWIN
    a | mapValues([](int x) { return std::make_unique<int>(x); }) | cogroup(b) | count() | print();
#else
    DStream<std::pair<int, std::unique_ptr<int>>> const unique = a | mapValues([](int x) { return std::make_unique<int>(x); });
    unique | cogroup(b) | count() | print();
#endif
}
