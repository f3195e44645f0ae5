// expect: sluice: an output ends a pipeline
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    auto const shown = map([](int n) { return 2 * n; }) | filter([](int n) { return n > 2; }) | print();
    numbers | shown;
#else
    auto const shown = map([](int n) { return 2 * n; }) | print() | filter([](int n) { return n > 2; });
    numbers | shown | print();
#endif
}
