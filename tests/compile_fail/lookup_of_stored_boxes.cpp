// expect: sluice::lookup\(key\): the values must be copyable
#include <sluice/sluice.hpp>

#include <memory>

using namespace sluice;

void program(RDD<std::pair<int, std::unique_ptr<int>>> boxes)
{
#ifdef SLUICE_TWIN
    static_cast<void>(boxes | map([](auto const& p) { return std::pair{p.first, *p.second}; }) | lookup(1));
#else
    static_cast<void>(boxes | lookup(1));
#endif
}
