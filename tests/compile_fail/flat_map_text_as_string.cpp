// expect: sluice: the function must take text as std::string_view, not as std::string
#include <sluice/sluice.hpp>

#include <string>
#include <vector>

using namespace sluice;

void program(DStream<std::string_view> lines)
{
#ifdef SLUICE_TWIN
    lines | flatMap([](std::string_view line) { return std::vector<std::string>(2, std::string{line}); }) | print();
#else
    lines | flatMap([](std::string line) { return std::vector<std::string>(2, line); }) | print();
#endif
}
