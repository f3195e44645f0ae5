// expect: sluice: the function must take (two|a result and one record)
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | aggregate(0L, [](long sum, int n) { return sum + n; }, [](long a, long b) { return a + b; }) | print();
#else
    numbers | aggregate(0L, [](int n) { return n; }, [](long a, long b) { return a + b; }) | print();
#endif
}
