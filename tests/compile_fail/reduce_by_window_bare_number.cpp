// expect: sluice: a length of time has a unit: 30s or 500ms
#include <sluice/sluice.hpp>

using namespace sluice;
using namespace std::chrono_literals;

constexpr auto plus = [](int a, int b) { return a + b; };

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | reduceByWindow(plus, 30s) | print();
#else
    numbers | reduceByWindow(plus, 30) | print();
#endif
}
