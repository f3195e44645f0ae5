// expect: sluice::DStream<T>: any stream of T holds records of exactly T
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    DStream<double> halves = numbers | map([](int n) { return n / 2.0; });
    halves | print();
#else
    DStream<double> halves = numbers | map([](int n) { return n / 2; });
    halves | print();
#endif
}
