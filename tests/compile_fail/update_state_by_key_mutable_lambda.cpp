// expect: sluice: the function is called as const
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
    counts | updateStateByKey([calls = 0](std::vector<int> const&, std::optional<int>) mutable -> std::optional<int> { return ++calls; }) |
        print();
#endif
}
