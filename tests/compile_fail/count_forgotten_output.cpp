// expect: nodiscard
// warning
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | count() | print();
#else
    numbers | count();
#endif
}
