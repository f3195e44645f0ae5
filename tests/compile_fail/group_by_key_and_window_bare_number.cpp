// expect: sluice: a length of time has a unit: 30s or 500ms
#include <sluice/sluice.hpp>

using namespace sluice;
using namespace std::chrono_literals;

void program(DStream<std::pair<int, int>> pairs)
{
#ifdef SLUICE_TWIN
    pairs | groupByKeyAndWindow(30s) | count() | print();
#else
    pairs | groupByKeyAndWindow(30) | count() | print();
#endif
}
