// expect: sluice: the records must be copyable
#include <sluice/sluice.hpp>

#include <span>
#include <vector>

using namespace sluice;

template <>
struct sluice::KeyMembers<std::span<int const>> {
    static auto of(std::span<int const> s) { return std::tuple{s.size()}; }
};

void program(DStream<std::vector<int>> rows)
{
#ifdef SLUICE_TWIN
    rows | map([](auto const& row) { return row.size(); }) | countByValue() | count() | print();
#else
    rows | map([](auto const& row) { return std::span<int const>{row}; }) | countByValue() | count() | print();
#endif
}
