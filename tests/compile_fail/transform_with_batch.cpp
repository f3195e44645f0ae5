// expect: sluice::transformWith\(other, f\): other must be a stream
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> numbers)
{
    auto const both = [](auto a, auto b) { return a | unionWith(b); };
#ifdef SLUICE_TWIN
    numbers | transformWith(numbers, both) | print();
#else
    numbers | transformWith(rdd({1, 2}), both) | print();
#endif
}
