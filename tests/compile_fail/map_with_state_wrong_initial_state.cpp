// expect: sluice::mapWithState\(spec\): an initial state must be of pairs
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
    counts | mapWithState(StateSpec{last}.initialState(std::vector{std::pair{std::string("a"), 1}})) | print();
#else
    counts | mapWithState(StateSpec{last}.initialState(std::vector{std::pair{1, std::string("a")}})) | print();
#endif
}
