// expect: sluice: the function must take text
#include <sluice/sluice.hpp>

#include <string>

using namespace sluice;

void program(DStream<std::string_view> lines)
{
#ifdef SLUICE_TWIN
    lines | sortBy([](std::string_view x) { return x.size(); }) | count() | print();
#else
    lines | sortBy([](std::string const& x) { return x.size(); }) | count() | print();
#endif
}
