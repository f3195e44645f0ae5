// expect: nodiscard
// warning
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> numbers)
{
    numbers | print();
#ifdef SLUICE_TWIN
    numbers | map([](int n) { return 2 * n; }) | print();
#else
    map([](int n) { return 2 * n; });
#endif
}
