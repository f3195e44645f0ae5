// expect: sluice: it must stand behind a stream
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
    counts | mapWithState(StateSpec{last}) | print();
#else
    counts | transform([](auto batch) { return batch | mapWithState(StateSpec{last}); }) | print();
#endif
}
