// expect: sluice::checkpoint\(\): must stand right behind an operator whose later batches depend on earlier ones
#include <sluice/sluice.hpp>

#if __has_include(<xxhash.h>)
#include <sluice/checkpoint.hpp>

using namespace sluice;
using namespace std::chrono_literals;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | window(30s) | named("window") | checkpoint() | map([](int n) { return n + 1; }) | print();
#else
    numbers | window(30s) | map([](int n) { return n + 1; }) | named("window") | checkpoint() | print();
#endif
}
#elif !defined SLUICE_TWIN
static_assert(false, "sluice::checkpoint(): must stand right behind an operator whose later batches depend on earlier ones");
#endif
