// expect: sluice: the key must have a hash
#include <sluice/sluice.hpp>

using namespace sluice;
using namespace std::chrono_literals;

struct Place {
    Place(int itsX, int itsY) : x(itsX), y(itsY) {}
    int x;
    int y;
};

constexpr auto last = [](auto const&, std::optional<int>, State<int>& state) { return state.exists(); };

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | map([](int x) { return std::pair{x, x}; }) | mapWithState<int>(StateSpec{last}) | print();
#else
    numbers | map([](int x) { return std::pair{Place{x, x}, x}; }) | mapWithState<int>(StateSpec{last}) | print();
#endif
}
