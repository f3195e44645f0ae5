// expect: sluice: less must take text as std::string_view
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<std::string_view> words)
{
#ifdef SLUICE_TWIN
    words | max([](std::string_view a, std::string_view b) { return a.size() < b.size(); }) | print();
#else
    words | max([](std::string const& a, std::string const& b) { return a.size() < b.size(); }) | print();
#endif
}
