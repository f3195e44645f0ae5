// expect: 'int'
// errors: 2 clang
#include <sluice/sluice.hpp>

using namespace sluice;

void program(RDD<int> batch)
{
#ifdef SLUICE_TWIN
    batch | foreach ([](auto n) { static_cast<void>(n + 1); });
#else
    batch | foreach ([](auto line) { line.size(); });
#endif
}
