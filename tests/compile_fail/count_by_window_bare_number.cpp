// expect: sluice: a length of time has a unit: 30s or 500ms
#include <sluice/sluice.hpp>

using namespace sluice;
using namespace std::chrono_literals;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | countByWindow(30s, 10s) | print();
#else
    numbers | countByWindow(30, 10) | print();
#endif
}
