// expect: sluice::updateStateByKey\(f\): the key must be assignable, without const members
#include <sluice/sluice.hpp>

using namespace sluice;

struct Place {
#ifdef SLUICE_TWIN
    int number;
#else
    int const number;
#endif
};

void program(DStream<int> numbers)
{
    auto const count = [](auto const& values, std::optional<int> n) {
        return std::optional{n.value_or(0) + static_cast<int>(values.size())};
    };
    numbers | map([](int x) { return std::pair{Place{x}, x}; }) | updateStateByKey<int>(count) | print();
}
