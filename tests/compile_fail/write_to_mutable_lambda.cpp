// expect: sluice: the function is called as const, by several threads at once: no mutable lambda
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
    numbers | writeTo([calls = 0](OutputKey) mutable { return ++calls, Lines{}; });
#endif
}
