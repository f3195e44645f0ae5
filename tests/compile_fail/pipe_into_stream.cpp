// expect: sluice: behind \| stands an operator or an output
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> numbers, DStream<int> others)
{
#ifdef SLUICE_TWIN
    numbers | unionWith(others) | print();
#else
    numbers | others | print();
#endif
}
