// expect: sluice: an operator stands in a pipe with its call
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | countByValue() | count() | print();
#else
    numbers | countByValue | count() | print();
#endif
}
