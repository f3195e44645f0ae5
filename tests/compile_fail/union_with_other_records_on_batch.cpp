// expect: sluice: all of them must hold records of one type
#include <sluice/sluice.hpp>

using namespace sluice;

auto program()
{
#ifdef SLUICE_TWIN
    return rdd({1, 2}) | unionWith(rdd({3})) | count();
#else
    return rdd({1, 2}) | unionWith(rdd({1.5})) | count();
#endif
}
