// expect: sluice: the state must be copyable
#include <sluice/sluice.hpp>

using namespace sluice;
using namespace std::chrono_literals;

constexpr auto look = [](std::string_view, std::optional<int>, auto& state) { return state.exists(); };

void program(DStream<std::pair<std::string_view, int>> counts)
{
#ifdef SLUICE_TWIN
    counts | mapWithState<int>(StateSpec{look}) | print();
#else
    counts | mapWithState<std::unique_ptr<int>>(StateSpec{look}) | print();
#endif
}
