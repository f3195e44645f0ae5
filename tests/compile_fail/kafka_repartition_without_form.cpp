// expect: sluice::kafka::repartition\(name, options\): keys and values must have a binary form
#include <sluice/sluice.hpp>

#if __has_include(<librdkafka/rdkafka.h>)
#include <sluice/kafka.hpp>

using namespace sluice;

struct Handle {
    void (*close)(int);
};
template <>
inline constexpr bool sluice::holdsNoViews<Handle> = true;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | map([](int n) { return std::pair(n, n); }) | kafka::repartition("n", {.partitions = 2}) | print();
#else
    numbers | map([](int n) { return std::pair(n, Handle{}); }) | kafka::repartition("n", {.partitions = 2}) | print();
#endif
}
#elif !defined SLUICE_TWIN
static_assert(false, "sluice::kafka::repartition(name, options): keys and values must have a binary form");
#endif
