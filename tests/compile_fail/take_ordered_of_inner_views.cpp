// expect: sluice: the records must not hold views that cannot be made of what owns them
#include <sluice/sluice.hpp>

#include <vector>

using namespace sluice;

void program(RDD<std::vector<std::string_view>> rows)
{
#ifdef SLUICE_TWIN
    static_cast<void>(rows | map([](auto const& row) { return row.size(); }) | takeOrdered(3));
#else
    static_cast<void>(rows | takeOrdered(3));
#endif
}
