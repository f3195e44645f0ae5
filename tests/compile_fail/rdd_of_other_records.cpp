// expect: sluice::RDD<T>: any batch of T holds records of exactly T
#include <sluice/sluice.hpp>

using namespace sluice;

RDD<double> program()
{
#ifdef SLUICE_TWIN
    return rdd({1, 2}) | map([](int n) { return 0.5 * n; });
#else
    return rdd({1, 2}) | map([](int n) { return 2 * n; });
#endif
}
