// expect: sluice: the function must take a batch of each stream
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | transformWith(numbers, [](auto a, auto) { return a; }) | print();
#else
    numbers | transformWith(numbers, [](auto a) { return a; }) | print();
#endif
}
