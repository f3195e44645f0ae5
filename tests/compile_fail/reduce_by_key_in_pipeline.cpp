// expect: sluice: the function must take two of one type and return one
#include <sluice/sluice.hpp>

#include <functional>
#include <string>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    auto const sums = map([](int n) { return std::pair{n % 2, n}; }) | reduceByKey(std::plus{});
    numbers | sums | print();
#else
    auto const sums = map([](int n) { return std::pair{n % 2, n}; }) | reduceByKey(std::less<std::string>{});
    numbers | sums | print();
#endif
}
