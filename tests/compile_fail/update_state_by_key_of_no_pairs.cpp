// expect: sluice: the records must be pairs
#include <sluice/sluice.hpp>

using namespace sluice;
using namespace std::chrono_literals;

constexpr auto total = [](std::vector<int> const& values, std::optional<int> state) -> std::optional<int> {
    return state.value_or(0) + static_cast<int>(values.size());
};

void program(DStream<std::pair<std::string_view, int>> counts)
{
#ifdef SLUICE_TWIN
    counts | updateStateByKey(total) | print();
#else
    counts | keys() | updateStateByKey(total) | print();
#endif
}
