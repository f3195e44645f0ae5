// expect: sluice: the function must take one record
#include <sluice/sluice.hpp>

#include <vector>

using namespace sluice;

void program(DStream<std::string_view> lines)
{
#ifdef SLUICE_TWIN
    lines | flatMap([](std::string_view line) { return std::vector(3, line); }) | print();
#else
    lines | flatMap([](int n) { return std::vector(3, n); }) | print();
#endif
}
