// expect: sluice: the key must have a hash
#include <sluice/sluice.hpp>

using namespace sluice;
using namespace std::chrono_literals;

struct Place {
    Place(int itsX, int itsY) : x(itsX), y(itsY) {}
    int x;
    int y;
};

constexpr auto total = [](std::vector<int> const& values, std::optional<int> state) -> std::optional<int> {
    return state.value_or(0) + static_cast<int>(values.size());
};

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | map([](int x) { return std::pair{x, x}; }) | updateStateByKey(total) | count() | print();
#else
    numbers | map([](int x) { return std::pair{Place{x, x}, x}; }) | updateStateByKey(total) | count() | print();
#endif
}
