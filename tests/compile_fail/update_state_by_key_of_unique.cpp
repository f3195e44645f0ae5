// expect: sluice: the values must be copyable
#include <sluice/sluice.hpp>

#include <memory>

using namespace sluice;

void program(DStream<int> numbers)
{
    auto const count = [](auto const& values, std::optional<int> n) {
        return std::optional{n.value_or(0) + static_cast<int>(values.size())};
    };
#ifdef SLUICE_TWIN
    numbers | map([](int x) { return std::pair{x % 2, std::make_shared<int>(x)}; }) | updateStateByKey<int>(count) | print();
#else
    numbers | map([](int x) { return std::pair{x % 2, std::make_unique<int>(x)}; }) | updateStateByKey<int>(count) | print();
#endif
}
