// expect: this member .* may be a view
// near: 16
#include <sluice/sluice.hpp>

using namespace sluice;

struct Slice {
    char const* first;
    int size;
};

void program(DStream<std::string> lines)
{
#ifdef SLUICE_TWIN
    lines | map([](std::string const& line) { return std::string_view{line}; }) | repartition(2) | count() | print();
#else
    lines | map([](std::string const& line) { return Slice{line.data(), 1}; }) | repartition(2) | count() | print();
#endif
}
