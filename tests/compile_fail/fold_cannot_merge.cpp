// expect: sluice: the function must take two of one type
#include <sluice/sluice.hpp>

#include <functional>

using namespace sluice;

void program(DStream<std::string_view> lines)
{
#ifdef SLUICE_TWIN
    lines | map([](std::string_view line) { return line.size(); }) | fold(std::size_t{0}, std::plus{}) | print();
#else
    lines | fold(std::size_t{0}, [](std::size_t sum, std::string_view line) { return sum + line.size(); }) | print();
#endif
}
