// expect: sluice: the function must take (two|a result)
#include <sluice/sluice.hpp>

using namespace sluice;
using namespace std::chrono_literals;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | reduceByWindow(std::plus{}, 3s) | print();
#else
    numbers | reduceByWindow([](int x) { return x; }, 3s) | print();
#endif
}
