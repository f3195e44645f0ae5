// expect: sluice::sample\(withReplacement, fraction, seed\): withReplacement must be true or false
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | (map([](int n) { return -n; }) | sample(true, 0.1)) | print();
#else
    numbers | (map([](int n) { return -n; }) | sample(1, 0.1)) | print();
#endif
}
