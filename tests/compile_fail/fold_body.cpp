// expect: 'int'
// errors: 2
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | fold(0, [](auto a, auto b) { return a + b; }) | print();
#else
    numbers | fold(0, [](auto a, auto b) { return a.append(b); }) | print();
#endif
}
