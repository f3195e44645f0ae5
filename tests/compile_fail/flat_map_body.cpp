// expect: 'int'
// errors: 2
#include <sluice/sluice.hpp>

#include <vector>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | flatMap([](auto n) { return std::vector(2, n); }) | print();
#else
    numbers | flatMap([](auto line) { return std::vector(line.begin(), line.end()); }) | print();
#endif
}
