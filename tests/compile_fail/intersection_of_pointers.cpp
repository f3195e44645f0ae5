// expect: sluice: the records must not be pointers
// near: 11
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<char const*> names)
{
#ifdef SLUICE_TWIN
    names | map([](char const* name) { return std::string_view{name}; }) |
        intersection(names | map([](char const* name) { return std::string_view{name}; })) | count() | print();
#else
    names | intersection(names) | count() | print();
#endif
}
