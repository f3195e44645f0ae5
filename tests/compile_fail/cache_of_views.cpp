// expect: sluice: the records must not be views of a type that the library cannot own
#include <sluice/sluice.hpp>

#include <span>
#include <vector>

using namespace sluice;

void program(DStream<std::span<int const>> rows)
{
#ifdef SLUICE_TWIN
    rows | map([](auto row) { return std::vector(row.begin(), row.end()); }) | cache() | count() | print();
#else
    rows | cache() | count() | print();
#endif
}
