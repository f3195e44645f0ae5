// expect: sluice: the function is called as const, by several threads at once: no mutable lambda
#include <sluice/sluice.hpp>

#include <utility>
#include <vector>

using namespace sluice;

void program(DStream<std::pair<std::string_view, int>> counts)
{
#ifdef SLUICE_TWIN
    counts | flatMapValues([last = 0](int n) { return std::vector{last, n}; }) | print();
#else
    counts | flatMapValues([last = 0](int n) mutable { return std::vector{std::exchange(last, n), n}; }) | print();
#endif
}
