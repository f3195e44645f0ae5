// expect: sluice: an operator stands in a pipe with its call
#include <sluice/sluice.hpp>

#include <functional>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | reduce(std::plus{}) | print();
#else
    numbers | reduce | print();
#endif
}
