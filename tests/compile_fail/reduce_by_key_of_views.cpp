// expect: sluice: the records must not hold views
#include <sluice/sluice.hpp>

#include <span>
#include <vector>

using namespace sluice;

void program(DStream<std::vector<int>> rows)
{
#ifdef SLUICE_TWIN
    rows | map([](auto const& row) { return std::pair{row.size(), row}; }) |
        reduceByKey([](auto a, auto b) { return a.front() < b.front() ? a : b; }) | print();
#else
    rows | map([](auto const& row) { return std::pair{row.size(), std::span{row}}; }) |
        reduceByKey([](auto a, auto b) { return a.front() < b.front() ? a : b; }) | print();
#endif
}
