// expect: 'int'
// errors: 2
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | map([](auto n) { return n + 1; }) | print();
#else
    numbers | map([](auto line) { return line.size(); }) | print();
#endif
}
