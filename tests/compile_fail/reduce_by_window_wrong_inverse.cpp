// expect: sluice: the inverse must take
#include <sluice/sluice.hpp>

using namespace sluice;
using namespace std::chrono_literals;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | reduceByWindow(std::plus{}, std::minus{}, 3s) | print();
#else
    numbers | reduceByWindow(std::plus{}, [](int x) { return x; }, 3s) | print();
#endif
}
