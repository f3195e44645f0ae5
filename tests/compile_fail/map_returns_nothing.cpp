// expect: sluice: the function must return a value
#include <sluice/sluice.hpp>

#include <cstdio>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | foreachRDD([](auto batch) { batch | foreach ([](int n) { std::printf("%d\n", n); }); });
#else
    numbers | map([](int n) { std::printf("%d\n", n); }) | print();
#endif
}
