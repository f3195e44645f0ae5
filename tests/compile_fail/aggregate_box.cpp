// expect: sluice: zero must be copyable
#include <sluice/sluice.hpp>

#include <memory>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | aggregate(0L, [](long sum, int n) { return sum + n; }, [](long a, long b) { return a + b; }) | print();
#else
    numbers | aggregate(std::make_unique<int>(0), [](auto box, int) { return box; }, [](auto a, auto) { return a; }) | print();
#endif
}
