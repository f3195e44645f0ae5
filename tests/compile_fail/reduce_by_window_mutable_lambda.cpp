// expect: sluice: the function is called as const
#include <sluice/sluice.hpp>

using namespace sluice;
using namespace std::chrono_literals;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | reduceByWindow([](int a, int b) { return a + b; }, 3s) | print();
#else
    numbers | reduceByWindow([n = 0](int a, int b) mutable { return a + b + n++; }, 3s) | print();
#endif
}
