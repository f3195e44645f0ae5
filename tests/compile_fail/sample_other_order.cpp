// expect: sluice::sample\(withReplacement, fraction, seed\): withReplacement must be true or false
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | sample(false, 0.1) | print();
#else
    numbers | sample(0.1, 42) | print();
#endif
}
