// expect: sluice::lookup\(key\): key must be comparable with the pairs' keys
#include <sluice/sluice.hpp>

using namespace sluice;

void program(RDD<std::pair<int, int>> pairs)
{
#ifdef SLUICE_TWIN
    static_cast<void>(pairs | lookup(1));
#else
    static_cast<void>(pairs | lookup("one"));
#endif
}
