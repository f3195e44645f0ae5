// expect: sluice: what type the state has is not to be seen
#include <sluice/sluice.hpp>

using namespace sluice;
using namespace std::chrono_literals;

void program(DStream<std::pair<std::string_view, int>> counts)
{
#ifdef SLUICE_TWIN
    counts | mapWithState<int>(StateSpec{[](auto, auto, auto& state) { return state.exists(); }}) | print();
#else
    counts | mapWithState(StateSpec{[](auto, auto, auto& state) { return state.exists(); }}) | print();
#endif
}
