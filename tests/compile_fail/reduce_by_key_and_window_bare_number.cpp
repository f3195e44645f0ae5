// expect: sluice: a length of time has a unit: 30s or 500ms
#include <sluice/sluice.hpp>

using namespace sluice;
using namespace std::chrono_literals;

constexpr auto plus = [](int a, int b) { return a + b; };

void program(DStream<std::pair<int, int>> pairs)
{
#ifdef SLUICE_TWIN
    pairs | reduceByKeyAndWindow(plus, 30s, 10s) | print();
#else
    pairs | reduceByKeyAndWindow(plus, 30, 10) | print();
#endif
}
