// expect: sluice: what is sorted by must have an order
#include <sluice/sluice.hpp>

#include <memory>

using namespace sluice;

void program(DStream<std::shared_ptr<int>> numbers)
{
#ifdef SLUICE_TWIN
    numbers | sortBy([](std::shared_ptr<int> const& x) { return *x; }) | count() | print();
#else
    numbers | sortBy([](std::shared_ptr<int> const& x) { return x; }) | count() | print();
#endif
}
