// expect: sluice: the inverse must take
#include <sluice/sluice.hpp>

using namespace sluice;
using namespace std::chrono_literals;

void program(DStream<std::pair<std::string_view, int>> counts)
{
#ifdef SLUICE_TWIN
    counts | reduceByKeyAndWindow(std::plus{}, std::minus{}, 3s) | print();
#else
    counts | reduceByKeyAndWindow(std::plus{}, [](int sum) { return -sum; }, 3s) | print();
#endif
}
