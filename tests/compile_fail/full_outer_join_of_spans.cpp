// expect: sluice: pairs that meet by key must not hold views of a type that the library cannot keep
#include <sluice/sluice.hpp>

#include <span>

using namespace sluice;

void program(std::vector<std::pair<int, std::span<int const>>> const& a, std::vector<std::pair<int, int>> const& b)
{
#ifdef SLUICE_TWIN
    rdd(a) | mapValues([](auto values) { return std::vector(values.begin(), values.end()); }) | fullOuterJoin(rdd(b)) | foreach([](auto const&) {});
#else
    rdd(a) | fullOuterJoin(rdd(b)) | foreach([](auto const&) {});
#endif
}
