// expect: sluice: an operator stands in a pipe with its call
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
    numbers | writeTo;
#endif
}
