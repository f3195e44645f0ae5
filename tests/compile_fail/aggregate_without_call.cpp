// expect: sluice: an operator stands in a pipe with its call
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | aggregate(0L, [](long a, long b) { return a + b; }, [](long a, long b) { return a + b; }) | print();
#else
    numbers | aggregate | print();
#endif
}
