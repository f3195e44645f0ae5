// expect: sluice: the records must be copyable, and must not hold views
#include <sluice/sluice.hpp>

#include <span>

using namespace sluice;

void program(std::vector<std::pair<int, std::span<int const>>> const& a, std::vector<std::pair<int, int>> const& b)
{
#ifdef SLUICE_TWIN
    rdd(a) | mapValues([](auto values) { return std::vector(values.begin(), values.end()); }) | leftOuterJoin(rdd(b)) |
        foreach ([](auto const&) {});
#else
    rdd(a) | leftOuterJoin(rdd(b)) | foreach ([](auto const&) {});
#endif
}
