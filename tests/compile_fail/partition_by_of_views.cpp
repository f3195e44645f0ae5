// expect: sluice: the records must be copyable, and must not hold views
#include <sluice/sluice.hpp>

#include <span>
#include <vector>

using namespace sluice;

void program(DStream<std::vector<int>> rows)
{
#ifdef SLUICE_TWIN
    rows | map([](auto const& row) { return std::pair{row.size(), row}; }) | partitionBy(4) | count() | print();
#else
    rows | map([](auto const& row) { return std::pair{row.size(), std::span{row}}; }) | partitionBy(4) | count() | print();
#endif
}
