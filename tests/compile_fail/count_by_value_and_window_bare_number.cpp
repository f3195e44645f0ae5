// expect: sluice: a length of time has a unit: 30s or 500ms
// near: 24
#include <sluice/sluice.hpp>

using namespace sluice;
using namespace std::chrono_literals;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | countByValueAndWindow(30s, 10s, 4) | print();
#else
    numbers | countByValueAndWindow(30s, 4) | print();
#endif
}
