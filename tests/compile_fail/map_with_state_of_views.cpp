// expect: sluice: the records must be copyable, and must not hold views
#include <sluice/sluice.hpp>

#include <span>
#include <vector>

using namespace sluice;

void program(DStream<std::vector<int>> rows)
{
#ifdef SLUICE_TWIN
    rows | map([](auto const& row) { return std::pair{row.size(), row}; }) |
        mapWithState(
            StateSpec([](std::size_t, std::optional<std::vector<int>> const&, State<int>& state) { return state.exists() ? 1 : 0; })) |
        print();
#else
    rows | map([](auto const& row) { return std::pair{row.size(), std::span{row}}; }) |
        mapWithState(
            StateSpec([](std::size_t, std::optional<std::span<int const>> const&, State<int>& state) { return state.exists() ? 1 : 0; })) |
        print();
#endif
}
