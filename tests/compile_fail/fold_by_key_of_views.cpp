// expect: sluice: the records must not hold views
#include <sluice/sluice.hpp>

#include <span>
#include <vector>

using namespace sluice;

void program(DStream<std::vector<int>> rows)
{
#ifdef SLUICE_TWIN
    rows | map([](auto const& row) { return std::pair{row.size(), row}; }) | foldByKey(0, [](int n, auto const&) { return n; }) | count() |
        print();
#else
    rows | map([](auto const& row) { return std::pair{row.size(), std::span{row}}; }) | foldByKey(0, [](int n, auto const&) { return n; }) |
        count() | print();
#endif
}
