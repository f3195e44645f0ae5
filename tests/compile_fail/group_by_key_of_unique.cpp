// expect: sluice: the records must be copyable
#include <sluice/sluice.hpp>

#include <memory>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | map([](int x) { return std::pair{x, std::make_unique<int>(x)}; }) | groupByKey() | count() | print();
#else
    DStream<std::pair<int, std::unique_ptr<int>>> const unique =
        numbers | map([](int x) { return std::pair{x, std::make_unique<int>(x)}; });
    unique | groupByKey() | count() | print();
#endif
}
