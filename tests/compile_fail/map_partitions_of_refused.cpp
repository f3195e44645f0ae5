// expect: sluice: the function must take one record
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | mapPartitions([](auto part) { return part | map([](int n) { return -n; }); }) | print();
#else
    numbers | mapPartitions([](auto part) { return part | map([](std::string_view) { return 1; }); }) | print();
#endif
}
