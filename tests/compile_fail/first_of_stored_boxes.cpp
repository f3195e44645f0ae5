// expect: sluice: the records must be copyable
#include <sluice/sluice.hpp>

#include <memory>

using namespace sluice;

void program(RDD<std::unique_ptr<int>> boxes)
{
#ifdef SLUICE_TWIN
    static_cast<void>(boxes | map([](auto const& box) { return *box; }) | first());
#else
    static_cast<void>(boxes | first());
#endif
}
