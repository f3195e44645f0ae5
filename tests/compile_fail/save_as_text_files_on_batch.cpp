// expect: sluice: an output must stand behind a stream; with a batch use
#include <sluice/sluice.hpp>

using namespace sluice;

void program(RDD<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | saveAsTextFile("out");
#else
    numbers | saveAsTextFiles("out");
#endif
}
