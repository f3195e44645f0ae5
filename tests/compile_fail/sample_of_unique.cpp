// expect: sluice::sample\(withReplacement, fraction, seed\): the records must be copyable
#include <sluice/sluice.hpp>

#include <memory>

using namespace sluice;

auto program(RDD<int> numbers)
{
#ifdef SLUICE_TWIN
    return numbers | sample(true, 0.5) | map([](int n) { return std::make_unique<int>(n); }) | count();
#else
    return numbers | map([](int n) { return std::make_unique<int>(n); }) | sample(true, 0.5) | count();
#endif
}
