// expect: sluice: a stream meets streams, a batch meets batches
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> numbers)
{
    auto const both = [](auto a, auto b) { return a | unionWith(b); };
#ifdef SLUICE_TWIN
    static_cast<void>(both(rdd({1}), rdd({2})));
    static_cast<void>(numbers | transformWith(numbers, both));
#else
    static_cast<void>(rdd({1}) | transformWith(numbers, both));
#endif
}
