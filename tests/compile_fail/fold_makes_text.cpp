// expect: sluice: zero must own what the functions make
#include <sluice/sluice.hpp>

#include <string>

using namespace sluice;

void program(DStream<std::string_view> lines)
{
#ifdef SLUICE_TWIN
    lines | fold(std::string{}, [](auto const& a, auto const& b) { return std::string{a}.append(b); }) | print();
#else
    lines | fold(std::string_view{}, [](auto a, auto b) { return std::string{a}.append(b); }) | print();
#endif
}
