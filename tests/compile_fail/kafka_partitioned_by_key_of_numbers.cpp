// expect: sluice: the records must be pairs of a key and a value
#include <sluice/sluice.hpp>

#if __has_include(<librdkafka/rdkafka.h>)
#include <sluice/kafka.hpp>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | map([](int n) { return std::pair(n, n); }) | kafka::partitionedByKey() | print();
#else
    numbers | kafka::partitionedByKey() | print();
#endif
}
#elif !defined SLUICE_TWIN
static_assert(false, "sluice: the records must be pairs of a key and a value");
#endif
