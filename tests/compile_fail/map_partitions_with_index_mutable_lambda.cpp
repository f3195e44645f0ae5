// expect: sluice: the function is called as const, by several threads at once: no mutable lambda
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | mapPartitionsWithIndex([calls = 0](std::size_t, auto part) { return part | map([calls](int n) { return n + calls; }); }) |
        print();
#else
    numbers | mapPartitionsWithIndex([calls = 0](std::size_t, auto part) mutable { return ++calls, part; }) | print();
#endif
}
