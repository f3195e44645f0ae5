// expect: sluice::cache\(\): must stand behind a stream
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | (map([](int n) { return 2 * n; }) | cache()) | print();
#else
    numbers | transform([](auto batch) { return batch | (map([](int n) { return 2 * n; }) | cache()); }) | print();
#endif
}
