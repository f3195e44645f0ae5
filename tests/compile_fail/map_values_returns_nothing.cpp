// expect: sluice: the function must return a value
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<std::pair<std::string_view, int>> counts)
{
#ifdef SLUICE_TWIN
    counts | mapValues([](int n) { return 2 * n; }) | print();
#else
    counts | mapValues([](int n) { static_cast<void>(2 * n); }) | print();
#endif
}
