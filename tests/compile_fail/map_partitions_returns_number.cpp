// expect: sluice: the function must return a batch, a range of records, or an optional one
#include <sluice/sluice.hpp>

#include <optional>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | mapPartitions([](auto part) { return std::optional{part | count()}; }) | print();
#else
    numbers | mapPartitions([](auto part) { return part | count(); }) | print();
#endif
}
