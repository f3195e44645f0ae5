// expect: sluice: the function must take text as std::string_view, not as std::string
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<std::pair<int, std::string_view>> lines)
{
#ifdef SLUICE_TWIN
    lines | mapValues([](std::string_view line) { return line.size(); }) | print();
#else
    lines | mapValues([](std::string const& line) { return line.size(); }) | print();
#endif
}
