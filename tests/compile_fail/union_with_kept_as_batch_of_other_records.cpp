// expect: sluice::RDD<T>: any batch of T holds records of exactly T
#include <sluice/sluice.hpp>

#include <string>

using namespace sluice;

std::int64_t program(RDD<int> all, RDD<int> next)
{
#ifdef SLUICE_TWIN
    RDD<int> united = all | unionWith(next);
#else
    RDD<std::string> united = all | unionWith(next);
#endif
    return united | count();
}
