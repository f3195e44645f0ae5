// expect: sluice: the records must be copyable
#include <sluice/sluice.hpp>

#include <span>
#include <vector>

using namespace sluice;

void program(DStream<std::vector<int>> rows)
{
#ifdef SLUICE_TWIN
    rows | sortBy([](auto const& row) { return row.size(); }) | count() | print();
#else
    rows | map([](auto const& row) { return std::span{row}; }) | sortBy([](auto const& row) { return row.size(); }) | count() | print();
#endif
}
