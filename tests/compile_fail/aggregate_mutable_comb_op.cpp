// expect: sluice: the function is called as const
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | aggregate(0L, [](long sum, int n) { return sum + n; }, [](long a, long b) { return a + b; }) | print();
#else
    numbers |
        aggregate(0L, [](long sum, int n) { return sum + n; }, [calls = 0](long a, long b) mutable { return ++calls, a + b; }) | print();
#endif
}
