// expect: sluice::writeTo\(open\): open must take an OutputKey, and return a writer
#include <sluice/sluice.hpp>

using namespace sluice;

struct Lines {
    void write(int);
    void close();
};

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | writeTo([](OutputKey) { return Lines{}; });
#else
    numbers | writeTo([](OutputKey) {});
#endif
}
