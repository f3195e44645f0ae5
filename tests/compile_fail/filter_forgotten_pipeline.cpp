// expect: nodiscard
// warning
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> numbers)
{
    numbers | print();
#ifdef SLUICE_TWIN
    numbers | (map([](int n) { return 2 * n; }) | filter([](int n) { return n > 2; })) | print();
#else
    map([](int n) { return 2 * n; }) | filter([](int n) { return n > 2; });
#endif
}
