// expect: sluice: an operator stands in a pipe with its call
#include <sluice/sluice.hpp>

using namespace sluice;

void program(RDD<std::pair<int, int>> pairs)
{
#ifdef SLUICE_TWIN
    static_cast<void>(pairs | lookup(1));
#else
    static_cast<void>(pairs | lookup);
#endif
}
