// expect: sluice: the records must not hold views, of a type that the library cannot keep
#include <sluice/sluice.hpp>

#include <span>
#include <vector>

using namespace sluice;

auto program(DStream<std::span<int const>> numbers)
{
#ifdef SLUICE_TWIN
    return numbers | map([](std::span<int const> n) { return std::vector(n.begin(), n.end()); }) | glom();
#else
    return numbers | glom();
#endif
}
