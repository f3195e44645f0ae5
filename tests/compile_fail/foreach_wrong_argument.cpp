// expect: sluice: the function must take one record
#include <sluice/sluice.hpp>

using namespace sluice;

void program(RDD<int> batch)
{
#ifdef SLUICE_TWIN
    batch | foreach ([](int) {});
#else
    batch | foreach ([](std::string_view) {});
#endif
}
