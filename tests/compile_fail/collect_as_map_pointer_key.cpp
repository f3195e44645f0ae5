// expect: sluice: the key must not be a pointer
#include <sluice/sluice.hpp>

using namespace sluice;

void program(RDD<char const*> names)
{
#ifdef SLUICE_TWIN
    static_cast<void>(names | map([](std::string_view name) { return std::pair{name, 1}; }) | collectAsMap());
#else
    static_cast<void>(names | map([](char const* name) { return std::pair{name, 1}; }) | collectAsMap());
#endif
}
