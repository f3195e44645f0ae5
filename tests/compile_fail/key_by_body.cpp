// expect: 'int'
// errors: 2
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | keyBy([](auto n) { return n % 2; }) | print();
#else
    numbers | keyBy([](auto line) { return line.size(); }) | print();
#endif
}
