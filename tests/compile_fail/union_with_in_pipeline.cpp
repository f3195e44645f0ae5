// expect: sluice: all of them must hold records of one type
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> numbers, DStream<int> others)
{
#ifdef SLUICE_TWIN
    numbers | (map([](int n) { return 2 * n; }) | unionWith(others)) | print();
#else
    numbers | (map([](int n) { return 0.5 * n; }) | unionWith(others)) | print();
#endif
}
