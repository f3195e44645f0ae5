// expect: sluice: the function must take the value of a pair alone
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<std::pair<std::string_view, int>> counts)
{
#ifdef SLUICE_TWIN
    counts | mapValues([](int n) { return 2 * n; }) | print();
#else
    counts | mapValues([](std::string_view word, int n) { return std::pair{word, 2 * n}; }) | print();
#endif
}
