// expect: sluice::saveAsTextFile\(path\), saveAsObjectFile\(path\): must stand behind a batch
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | saveAsTextFiles("out");
#else
    numbers | saveAsTextFile("out");
#endif
}
