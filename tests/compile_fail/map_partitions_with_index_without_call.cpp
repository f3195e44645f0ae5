// expect: sluice: an operator stands in a pipe with its call
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | mapPartitionsWithIndex([](std::size_t, auto part) { return part; }) | print();
#else
    numbers | mapPartitionsWithIndex | print();
#endif
}
