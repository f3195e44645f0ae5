// expect: sluice: the records must not be pointers
// near: 11
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<char const*> names)
{
#ifdef SLUICE_TWIN
    names | map([](char const* name) { return std::string_view{name}; }) |
        subtract(names | map([](char const* name) { return std::string_view{name}; })) | count() | print();
#else
    names | subtract(names) | count() | print();
#endif
}
