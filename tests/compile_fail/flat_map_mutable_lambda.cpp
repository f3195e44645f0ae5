// expect: sluice: the function is called as const, by several threads at once: no mutable lambda
#include <sluice/sluice.hpp>

#include <utility>
#include <vector>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | flatMap([last = 0](int n) { return std::vector{last, n}; }) | print();
#else
    numbers | flatMap([last = 0](int n) mutable { return std::vector{std::exchange(last, n), n}; }) | print();
#endif
}
