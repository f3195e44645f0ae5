// expect: sluice: the function must take text as std::string_view, not as std::string
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<std::string_view> lines)
{
#ifdef SLUICE_TWIN
    lines | keyBy([](std::string_view line) { return line.size(); }) | print();
#else
    lines | keyBy([](std::string const& line) { return line.size(); }) | print();
#endif
}
