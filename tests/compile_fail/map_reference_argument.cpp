// expect: sluice: the function must take one record, or its members if it is a pair or tuple, by value or as const&
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | map([](int const& n) { return n + 1; }) | print();
#else
    numbers | map([](int& n) { return ++n; }) | print();
#endif
}
