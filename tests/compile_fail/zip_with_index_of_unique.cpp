// expect: sluice: the records must be copyable, or made on the way
#include <sluice/sluice.hpp>

#include <memory>
#include <vector>

using namespace sluice;

auto program(std::vector<std::unique_ptr<int>> const& numbers)
{
#ifdef SLUICE_TWIN
    return rdd(numbers) | map([](std::unique_ptr<int> const& n) { return *n; }) | zipWithIndex() | count();
#else
    return rdd(numbers) | zipWithIndex() | count();
#endif
}
