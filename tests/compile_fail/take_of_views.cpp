// expect: sluice: the records must not be views of a type that the library cannot own
#include <sluice/sluice.hpp>

#include <span>

using namespace sluice;

auto program(RDD<std::span<int const>> rows)
{
#ifdef SLUICE_TWIN
    return rows | map([](auto row) { return row.size(); }) | take(3);
#else
    return rows | take(3);
#endif
}
