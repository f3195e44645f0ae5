// expect: sluice: the records must not be views of a type that the library cannot own
#include <sluice/sluice.hpp>

#include <span>
#include <vector>

using namespace sluice;

void program(RDD<std::pair<int, std::span<int const>>> rows)
{
#ifdef SLUICE_TWIN
    static_cast<void>(rows | mapValues([](auto row) { return std::vector(row.begin(), row.end()); }) | collectAsMap());
#else
    static_cast<void>(rows | collectAsMap());
#endif
}
