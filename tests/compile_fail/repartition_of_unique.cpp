// expect: sluice: the records must be copyable and no bool
#include <sluice/sluice.hpp>

#include <memory>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | map([](int x) { return std::make_unique<int>(x); }) | repartition(2) | count() | print();
#else
    DStream<std::unique_ptr<int>> const unique = numbers | map([](int x) { return std::make_unique<int>(x); });
    unique | repartition(2) | count() | print();
#endif
}
