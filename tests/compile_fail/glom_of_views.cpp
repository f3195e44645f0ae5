// expect: sluice::glom\(\): the records look at bytes made on the way, in a type whose bytes cannot be kept
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
