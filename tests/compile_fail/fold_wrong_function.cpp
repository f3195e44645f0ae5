// expect: sluice: the function must take (two|a result and one record)
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | fold(0, [](int sum, int n) { return sum + n; }) | print();
#else
    numbers | fold(0, [](int n) { return n; }) | print();
#endif
}
