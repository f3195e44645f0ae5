// expect: sluice: the records must have a text form
#include <sluice/sluice.hpp>

#include <memory>

using namespace sluice;

void program(RDD<std::unique_ptr<int>> boxes)
{
#ifdef SLUICE_TWIN
    boxes | map([](auto const& box) { return *box; }) | saveAsTextFile("out");
#else
    boxes | saveAsTextFile("out");
#endif
}
