// expect: sluice: the function must take text as std::string_view
#include <sluice/sluice.hpp>

#include <string>

using namespace sluice;

void program(DStream<std::string_view> lines)
{
#ifdef SLUICE_TWIN
    lines | fold(std::string{}, [](std::string all, std::string_view line) { return all.append(line); }) | print();
#else
    lines | fold(std::string{}, [](std::string all, std::string const& line) { return all + line; }) | print();
#endif
}
