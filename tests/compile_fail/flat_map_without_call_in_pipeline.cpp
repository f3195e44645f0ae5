// expect: sluice: an operator stands in a pipe with its call
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<std::string_view> lines)
{
#ifdef SLUICE_TWIN
    lines | (map([](std::string_view line) { return line.substr(1); }) | flatMap(split())) | print();
#else
    lines | (map([](std::string_view line) { return line.substr(1); }) | flatMap) | print();
#endif
}
