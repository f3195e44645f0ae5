// expect: sluice: the records must be copyable
#include <sluice/sluice.hpp>

#include <memory>

using namespace sluice;

auto program(RDD<std::unique_ptr<int>> batch)
{
#ifdef SLUICE_TWIN
    return batch | map([](auto const& p) { return *p; }) | collect();
#else
    return batch | collect();
#endif
}
