// expect: sluice: the function must take one
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | sortBy([](int x) { return -x; }) | print();
#else
    numbers | sortBy([](std::string_view x) { return x; }) | print();
#endif
}
