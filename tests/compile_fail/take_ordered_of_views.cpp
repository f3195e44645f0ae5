// expect: sluice: the records must not be views of a type that the library cannot own
#include <sluice/sluice.hpp>

#include <span>
#include <vector>

using namespace sluice;

void program(RDD<std::span<int const>> rows)
{
#ifdef SLUICE_TWIN
    static_cast<void>(rows | map([](auto row) { return std::vector(row.begin(), row.end()); }) | takeOrdered(3));
#else
    static_cast<void>(rows | takeOrdered(3, [](auto a, auto b) { return a.size() < b.size(); }));
#endif
}
