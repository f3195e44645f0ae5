// expect: sluice: what meets by key must be pairs of a key and a value, on each side
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> numbers, DStream<std::pair<int, char>> b)
{
#ifdef SLUICE_TWIN
    auto const joined = map([](int x) { return std::pair{x, x}; }) | join(b);
    numbers | joined | count() | print();
#else
    auto const joined = filter([](int x) { return x > 0; }) | join(b);
    numbers | joined | count() | print();
#endif
}
