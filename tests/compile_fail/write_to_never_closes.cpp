// expect: sluice::writeTo\(open\): the writer must have close
#include <sluice/sluice.hpp>

using namespace sluice;

struct Lines {
    void write(int);
    void close();
};
struct Open {
    void write(int);
};

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | writeTo([](OutputKey) { return Lines{}; });
#else
    numbers | writeTo([](OutputKey) { return Open{}; });
#endif
}
