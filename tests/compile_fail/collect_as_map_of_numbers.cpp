// expect: sluice: the records must be pairs
#include <sluice/sluice.hpp>

using namespace sluice;

void program(RDD<int> numbers)
{
#ifdef SLUICE_TWIN
    static_cast<void>(numbers | map([](int n) { return std::pair{n % 2, n}; }) | collectAsMap());
#else
    static_cast<void>(numbers | collectAsMap());
#endif
}
