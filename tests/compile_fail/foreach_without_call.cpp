// expect: sluice: an operator stands in a pipe with its call
#include <sluice/sluice.hpp>

using namespace sluice;

void program(RDD<int> batch)
{
#ifdef SLUICE_TWIN
    batch | foreach ([](int) {});
#else
    batch | foreach;
#endif
}
