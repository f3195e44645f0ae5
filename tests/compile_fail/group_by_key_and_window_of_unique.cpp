// expect: sluice: the values must be copyable
#include <sluice/sluice.hpp>

#include <memory>

using namespace sluice;
using namespace std::chrono_literals;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | map([](int x) { return std::pair{x % 2, std::make_shared<int>(x)}; }) | groupByKeyAndWindow(2s, 1s) | keys() | print();
#else
    numbers | map([](int x) { return std::pair{x % 2, std::make_unique<int>(x)}; }) | groupByKeyAndWindow(2s, 1s) | keys() | print();
#endif
}
