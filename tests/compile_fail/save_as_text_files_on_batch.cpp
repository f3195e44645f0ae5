// expect: sluice::saveAsTextFiles\(prefix\): must stand behind a stream
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
