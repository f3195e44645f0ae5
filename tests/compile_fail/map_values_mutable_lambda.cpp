// expect: sluice: the function is called as const, by several threads at once: no mutable lambda
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<std::pair<std::string_view, int>> counts)
{
#ifdef SLUICE_TWIN
    counts | mapValues([sum = 0](int n) { return sum + n; }) | print();
#else
    counts | mapValues([sum = 0](int n) mutable { return sum += n; }) | print();
#endif
}
