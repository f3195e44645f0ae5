// expect: sluice::flatMap\(f\): f must return a range of records, or an optional
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
