// expect: sluice: the function must return a range of records or values, or an optional one
#include <sluice/sluice.hpp>

#include <optional>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | flatMap([](int n) { return std::optional{n}; }) | count() | print();
#else
    numbers | flatMap([](int) {}) | count() | print();
#endif
}
