// expect: no matching function for call to .*slice
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    static_cast<void>(slice(numbers, Time{}, Time{}));
#else
    static_cast<void>(numbers);
    static_cast<void>(slice(rdd({1, 2}), Time{}, Time{}));
#endif
}
