// expect: sluice: the records must be pairs
#include <sluice/sluice.hpp>

using namespace sluice;
using namespace std::chrono_literals;

constexpr auto last = [](std::string_view, std::optional<int> value, State<int>& state) {
    state.update(value.value_or(0));
    return state.get();
};

void program(DStream<std::pair<std::string_view, int>> counts)
{
#ifdef SLUICE_TWIN
    counts | mapWithState<int>(StateSpec{last}) | print();
#else
    counts | keys() | mapWithState<int>(StateSpec{last}) | print();
#endif
}
