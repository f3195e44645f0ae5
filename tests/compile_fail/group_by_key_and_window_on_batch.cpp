// expect: sluice: it must stand behind a stream
#include <sluice/sluice.hpp>

using namespace sluice;
using namespace std::chrono_literals;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | map([](int x) { return std::pair{x, x}; }) | groupByKeyAndWindow(3s) | count() | print();
#else
    numbers | transform([](auto batch) { return batch | map([](int x) { return std::pair{x, x}; }) | groupByKeyAndWindow(3s); }) | count() |
        print();
#endif
}
