// expect: sluice::kafka::writeTo\(topic, f, options\): f must take one record of the stream, as const
#include <sluice/sluice.hpp>

#if __has_include(<librdkafka/rdkafka.h>)
#include <sluice/kafka.hpp>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | kafka::writeTo("t", [](int n) { return std::to_string(n); }, {.brokers = "b"});
#else
    numbers | kafka::writeTo("t", [calls = 0](int n) mutable { return std::to_string(n + ++calls); }, {.brokers = "b"});
#endif
}
#elif !defined SLUICE_TWIN
static_assert(false, "sluice::kafka::writeTo(topic, f, options): f must take one record of the stream, as const");
#endif
