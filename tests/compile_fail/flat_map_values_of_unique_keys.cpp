// expect: sluice::flatMapValues\(f\): the keys must be copyable
#include <sluice/sluice.hpp>

#include <memory>
#include <optional>
#include <vector>

using namespace sluice;

auto program(RDD<int> numbers)
{
#ifdef SLUICE_TWIN
    return numbers | map([](int n) { return std::pair{std::make_unique<int>(n), n}; }) |
           flatMapValues([](int n) { return std::optional{n}; }) | count();
#else
    return numbers | map([](int n) { return std::pair{std::make_unique<int>(n), n}; }) |
           flatMapValues([](int n) { return std::vector{n}; }) | count();
#endif
}
