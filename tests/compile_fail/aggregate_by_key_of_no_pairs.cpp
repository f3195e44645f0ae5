// expect: sluice: the records must be pairs of a key and a value
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | map([](int x) { return std::pair{x, x}; }) |
        aggregateByKey(0, [](int n, int m) { return n + m; }, [](int n, int m) { return n + m; }) | count() | print();
#else
    numbers | aggregateByKey(0, [](int n, int m) { return n + m; }, [](int n, int m) { return n + m; }) | count() | print();
#endif
}
