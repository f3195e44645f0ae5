// expect: sluice: the function must take text as std::string_view, not as std::string
#include <sluice/sluice.hpp>

#include <string>
#include <vector>

using namespace sluice;

void program(DStream<std::pair<int, std::string_view>> lines)
{
#ifdef SLUICE_TWIN
    lines | flatMapValues([](std::string_view line) { return std::vector{line}; }) | print();
#else
    lines | flatMapValues([](std::string const& line) { return std::vector{line}; }) | print();
#endif
}
