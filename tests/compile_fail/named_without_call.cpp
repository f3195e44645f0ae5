// expect: sluice: an operator stands in a pipe with its call
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | map([](int n) { return 2 * n; }) | named("doubled") | print();
#else
    numbers | map([](int n) { return 2 * n; }) | named | print();
#endif
}
