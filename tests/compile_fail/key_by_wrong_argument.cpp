// expect: sluice: the function must take one record
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<std::string_view> lines)
{
#ifdef SLUICE_TWIN
    lines | keyBy([](std::string_view line) { return line.size(); }) | print();
#else
    lines | keyBy([](int n) { return n; }) | print();
#endif
}
