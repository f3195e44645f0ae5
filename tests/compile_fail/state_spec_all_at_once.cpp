// expect: sluice::StateSpec: it is made of its function alone
#include <sluice/sluice.hpp>

using namespace sluice;
using namespace std::chrono_literals;

constexpr auto last = [](int, std::optional<int> value, State<int>& state) {
    state.update(value.value_or(0));
    return state.get();
};

void program(DStream<std::pair<int, int>> pairs)
{
#ifdef SLUICE_TWIN
    pairs | mapWithState(StateSpec{last}.timeout(30s)) | print();
#else
    pairs | mapWithState(StateSpec{last, 30s}) | print();
#endif
}
