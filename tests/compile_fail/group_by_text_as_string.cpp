// expect: sluice: the function must take text as std::string_view, not as std::string
#include <sluice/sluice.hpp>

#include <string>

using namespace sluice;

void program(DStream<std::string_view> lines)
{
#ifdef SLUICE_TWIN
    lines | groupBy([](std::string_view x) { return x.size(); }) | count() | print();
#else
    lines | groupBy([](std::string const& x) { return x.size(); }) | count() | print();
#endif
}
