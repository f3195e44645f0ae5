// expect: sluice::kafka::writeTo\(topic, options\): a record must be text, bytes, a pair of them
#include <sluice/sluice.hpp>

#if __has_include(<librdkafka/rdkafka.h>)
#include <sluice/kafka.hpp>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | map([](int n) { return std::to_string(n); }) | kafka::writeTo("t", {.brokers = "b"});
#else
    numbers | kafka::writeTo("t", {.brokers = "b"});
#endif
}
#elif !defined SLUICE_TWIN
static_assert(false, "sluice::kafka::writeTo(topic, options): a record must be text, bytes, a pair of them");
#endif
