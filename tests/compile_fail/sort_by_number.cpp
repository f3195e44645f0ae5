// expect: sluice: ascending must be a bool
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | sortBy([](int x) { return x; }, true, 4) | print();
#else
    numbers | sortBy([](int x) { return x; }, 4) | print();
#endif
}
