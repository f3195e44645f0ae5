// expect: sluice: the function must take text as std::string_view
#include <sluice/sluice.hpp>

#include <string>

using namespace sluice;

void program(DStream<std::string_view> lines)
{
#ifdef SLUICE_TWIN
    lines | reduce([](std::string_view a, std::string_view b) { return a < b ? a : b; }) | print();
#else
    lines | reduce([](std::string const& a, std::string const& b) { return a < b ? a : b; }) | print();
#endif
}
