// expect: sluice: the records must
#include <sluice/sluice.hpp>

#include <span>
#include <vector>

using namespace sluice;

void program(DStream<std::vector<int>> rows)
{
#ifdef SLUICE_TWIN
    rows | map([](auto const& row) { return std::pair{row.size(), row}; }) | countByKey() | count() | print();
#else
    rows | map([](auto const& row) { return std::pair{row.size(), std::span{row}}; }) | countByKey() | count() | print();
#endif
}
