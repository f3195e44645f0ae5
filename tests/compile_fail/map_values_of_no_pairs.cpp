// expect: sluice: the records must be pairs of a key and a value
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | map([](int n) { return std::pair{n, n}; }) | mapValues([](int n) { return 2 * n; }) | print();
#else
    numbers | mapValues([](int n) { return 2 * n; }) | print();
#endif
}
