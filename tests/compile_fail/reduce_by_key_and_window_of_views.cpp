// expect: sluice: the records must not be views of a type that the library cannot own
#include <sluice/sluice.hpp>

#include <span>
#include <vector>

using namespace sluice;
using namespace std::chrono_literals;

void program(DStream<std::vector<int>> rows)
{
#ifdef SLUICE_TWIN
    rows | map([](auto const& row) { return std::pair{row.size(), row}; }) | reduceByKeyAndWindow([](auto a, auto) { return a; }, 3s) |
        count() | print();
#else
    rows | map([](auto const& row) { return std::pair{row.size(), std::span{row}}; }) |
        reduceByKeyAndWindow([](auto a, auto) { return a; }, 3s) | count() | print();
#endif
}
