// expect: sluice: the function must take one record
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | groupBy([](int x) { return x % 2; }) | count() | print();
#else
    numbers | groupBy([](std::string_view x) { return x.size(); }) | count() | print();
#endif
}
