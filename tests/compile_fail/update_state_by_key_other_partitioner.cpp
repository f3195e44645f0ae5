// expect: sluice: the partitioner must answer
#include <sluice/sluice.hpp>

using namespace sluice;

struct ByLength {
    std::size_t numPartitions() const { return 2; }
    std::size_t partition(std::string_view key) const { return key.size() % 2; }
    bool operator==(ByLength const&) const = default;
};

constexpr auto total = [](std::vector<int> const& values, std::optional<int> state) -> std::optional<int> {
    return state.value_or(0) + static_cast<int>(values.size());
};

void program(DStream<std::pair<std::string_view, int>> counts)
{
#ifdef SLUICE_TWIN
    counts | updateStateByKey(total, ByLength{}) | print();
#else
    counts | map([](auto, int x) { return std::pair{x, x}; }) | updateStateByKey(total, ByLength{}) | print();
#endif
}
