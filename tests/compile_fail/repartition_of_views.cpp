// expect: sluice: the records must be copyable and no bool
#include <sluice/sluice.hpp>

#include <span>
#include <vector>

using namespace sluice;

void program(DStream<std::vector<int>> rows)
{
#ifdef SLUICE_TWIN
    rows | repartition(2) | count() | print();
#else
    rows | map([](auto const& row) { return std::span{row}; }) | repartition(2) | count() | print();
#endif
}
