// expect: sluice: the records must not hold views that cannot be made of what owns them
#include <sluice/sluice.hpp>

#include <vector>

using namespace sluice;

void program(DStream<std::vector<std::string_view>> rows)
{
#ifdef SLUICE_TWIN
    rows | map([](auto const& row) { return row.size(); }) | min() | print();
#else
    rows | min() | print();
#endif
}
