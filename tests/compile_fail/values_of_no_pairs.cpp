// expect: sluice: the records must be pairs of a key and a value
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | keyBy([](int n) { return n % 2; }) | values() | print();
#else
    numbers | values() | print();
#endif
}
