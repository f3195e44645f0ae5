// expect: sluice: this function takes text, and the records are something else
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | map([](int n) { return textOf(n); }) | flatMap(split(',')) | print();
#else
    numbers | flatMap(split(',')) | print();
#endif
}
