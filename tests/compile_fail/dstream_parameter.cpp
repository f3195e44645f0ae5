// expect: sluice::DStream<T>: any stream of T holds records of exactly T
#include <sluice/sluice.hpp>

#include <string>

using namespace sluice;

void report(DStream<std::string> lines);

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    report(numbers | map([](int n) { return textOf(n); }));
#else
    report(numbers);
#endif
}
