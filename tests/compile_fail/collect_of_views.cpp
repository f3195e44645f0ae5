// expect: sluice: the records must not be views of a type that the library cannot own
#include <sluice/sluice.hpp>

#include <span>
#include <vector>

using namespace sluice;

auto program(RDD<std::span<int const>> rows)
{
#ifdef SLUICE_TWIN
    return rows | map([](auto row) { return std::vector(row.begin(), row.end()); }) | collect();
#else
    return rows | collect();
#endif
}
