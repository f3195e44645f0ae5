// expect: sluice: less must take text as std::string_view
#include <sluice/sluice.hpp>

using namespace sluice;

void program(RDD<std::string_view> words)
{
#ifdef SLUICE_TWIN
    static_cast<void>(words | takeOrdered(3, [](std::string_view a, std::string_view b) { return a.size() < b.size(); }));
#else
    static_cast<void>(words | takeOrdered(3, [](std::string const& a, std::string const& b) { return a.size() < b.size(); }));
#endif
}
