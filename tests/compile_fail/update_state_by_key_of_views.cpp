// expect: sluice: the records must be copyable, and must not hold views
#include <sluice/sluice.hpp>

#include <span>
#include <vector>

using namespace sluice;

void program(DStream<std::vector<int>> rows)
{
#ifdef SLUICE_TWIN
    rows | map([](auto const& row) { return std::pair{row.size(), row}; }) |
        updateStateByKey([](std::vector<std::vector<int>> const& values, std::optional<int> state) -> std::optional<int> {
            return state.value_or(0) + static_cast<int>(values.size());
        }) |
        print();
#else
    rows | map([](auto const& row) { return std::pair{row.size(), std::span{row}}; }) |
        updateStateByKey([](std::vector<std::span<int const>> const& values, std::optional<int> state) -> std::optional<int> {
            return state.value_or(0) + static_cast<int>(values.size());
        }) |
        print();
#endif
}
