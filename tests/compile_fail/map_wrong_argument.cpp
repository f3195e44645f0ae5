// expect: sluice: the function must take one record
#include <sluice/sluice.hpp>

#include <functional>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | map([](int n) { return 2 * n; }) | reduce(std::plus{}) | print();
#else
    numbers | map([](std::string_view line) { return line.size(); }) | reduce(std::plus{}) | print();
#endif
}
