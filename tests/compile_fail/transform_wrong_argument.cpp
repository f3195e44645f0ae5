// expect: sluice: the function must take a batch
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | map([](int n) { return n; }) | print();
#else
    numbers | transform([](int n) { return rdd({n}); }) | print();
#endif
}
