// expect: sluice: the records must have a text form
#include <sluice/sluice.hpp>

#include <memory>

using namespace sluice;

void program(DStream<std::unique_ptr<int>> boxes)
{
#ifdef SLUICE_TWIN
    boxes | map([](auto const& box) { return *box; }) | saveAsTextFiles("out");
#else
    boxes | saveAsTextFiles("out");
#endif
}
