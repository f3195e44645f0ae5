// expect: sluice: behind \| stands an operator or an output; a function goes into one
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    auto const doubled = filter([](int n) { return n > 2; }) | map([](int n) { return 2 * n; });
    numbers | doubled | print();
#else
    auto const doubled = filter([](int n) { return n > 2; }) | [](int n) { return 2 * n; };
    numbers | doubled | print();
#endif
}
