// expect: sluice: the records must be copyable
#include <sluice/sluice.hpp>

#include <memory>

using namespace sluice;

void program(RDD<std::pair<int, std::unique_ptr<int>>> boxes)
{
#ifdef SLUICE_TWIN
    static_cast<void>(boxes | map([](auto const& p) { return std::pair{p.first, *p.second}; }) | collectAsMap());
#else
    static_cast<void>(boxes | collectAsMap());
#endif
}
