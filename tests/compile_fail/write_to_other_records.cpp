// expect: sluice::writeTo\(open\): the writer must have write
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
    numbers | map([](int n) { return std::pair{n, n}; }) | writeTo([](OutputKey) { return Lines{}; });
#endif
}
