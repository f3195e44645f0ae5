// expect: sluice: an operator stands in a pipe with its call
#include <sluice/sluice.hpp>

using namespace sluice;

void program(RDD<int> numbers)
{
#ifdef SLUICE_TWIN
    static_cast<void>(numbers | takeOrdered(3));
#else
    static_cast<void>(numbers | takeOrdered);
#endif
}
