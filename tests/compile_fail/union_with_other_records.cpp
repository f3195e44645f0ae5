// expect: sluice: all of them must hold records of one type
#include <sluice/sluice.hpp>

#include <cstdint>

using namespace sluice;

void program(DStream<int> numbers, DStream<std::int64_t> totals)
{
#ifdef SLUICE_TWIN
    numbers | map([](int n) { return std::int64_t{n}; }) | unionWith(totals) | print();
#else
    numbers | unionWith(totals) | print();
#endif
}
