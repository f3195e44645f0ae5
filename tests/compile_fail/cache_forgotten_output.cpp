// expect: nodiscard
// warning
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | cache() | print();
#else
    numbers | cache();
#endif
}
