// expect: sluice: an output must stand behind a stream; with a batch use
#include <sluice/sluice.hpp>

using namespace sluice;

struct Lines {
    void write(int);
    void close();
};

void program(RDD<int> numbers, DStream<int> stream)
{
#ifdef SLUICE_TWIN
    stream | writeTo([](OutputKey) { return Lines{}; });
    static_cast<void>(numbers);
#else
    numbers | writeTo([](OutputKey) { return Lines{}; });
    static_cast<void>(stream);
#endif
}
