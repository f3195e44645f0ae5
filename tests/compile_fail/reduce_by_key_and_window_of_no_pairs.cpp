// expect: sluice: the records must be pairs
#include <sluice/sluice.hpp>

using namespace sluice;
using namespace std::chrono_literals;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | map([](int x) { return std::pair{x, x}; }) | reduceByKeyAndWindow(std::plus{}, 3s) | print();
#else
    numbers | reduceByKeyAndWindow(std::plus{}, 3s) | print();
#endif
}
