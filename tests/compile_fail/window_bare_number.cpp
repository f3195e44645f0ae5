// expect: sluice: a length of time has a unit: 30s or 500ms
#include <sluice/sluice.hpp>

using namespace sluice;
using namespace std::chrono_literals;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | window(30s) | print();
#else
    numbers | window(30) | print();
#endif
}
