// expect: sluice: the records must be copyable, and must not hold views
#include <sluice/sluice.hpp>

#include <span>
#include <vector>

using namespace sluice;
using namespace std::chrono_literals;

void program(DStream<std::vector<int>> rows)
{
#ifdef SLUICE_TWIN
    rows | map([](auto const& row) { return std::pair{row.size(), row}; }) | groupByKeyAndWindow(3s, 1s) | count() | print();
#else
    rows | map([](auto const& row) { return std::pair{row.size(), std::span{row}}; }) | groupByKeyAndWindow(3s, 1s) | count() | print();
#endif
}
