// expect: sluice: an operator stands in a pipe with its call
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    auto const size = map([](int n) { return 2 * n; }) | count();
    numbers | size | print();
#else
    auto const size = map([](int n) { return 2 * n; }) | count;
    numbers | size | print();
#endif
}
