// expect: sluice::fold\(zero, f\): f must take text as std::string_view, not as std::string
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
