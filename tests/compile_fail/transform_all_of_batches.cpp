// expect: sluice::transformAll\(streams\.\.\., f\): before the function stand streams alone
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> numbers)
{
    auto const both = [](auto a, auto b) { return a | unionWith(b); };
#ifdef SLUICE_TWIN
    transformAll(numbers, numbers, both) | print();
#else
    transformAll(numbers, rdd({1}), both) | print();
#endif
}
