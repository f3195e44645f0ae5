// expect: this member .* is a view
// near: 16
#include <sluice/sluice.hpp>

#include <optional>
#include <string>

using namespace sluice;

template <class Text>
struct Seen {
    int times = 0;
    Text last{};
};
template <class Text>
int times(int, std::optional<std::string_view> word, State<Seen<Text>>& state)
{
    auto seen = state.exists() ? state.get() : Seen<Text>{};
    ++seen.times;
    seen.last = Text{word.value_or("")};
    state.update(seen);
    return seen.times;
}

void program(DStream<std::pair<int, std::string_view>> words)
{
#ifdef SLUICE_TWIN
    words | mapWithState(StateSpec{times<std::string>}) | print();
#else
    words | mapWithState(StateSpec{times<std::string_view>}) | print();
#endif
}
