// expect: sluice: an operator stands in a pipe with its call
#include <sluice/sluice.hpp>

using namespace sluice;

void program(RDD<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | saveAsTextFile("out");
#else
    numbers | saveAsTextFile;
#endif
}
