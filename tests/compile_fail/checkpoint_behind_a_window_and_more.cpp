// expect: sluice::checkpoint\(\): must stand right behind an operator whose later batches depend on earlier ones
#include <sluice/sluice.hpp>

#if __has_include(<xxhash.h>)
#include <sluice/checkpoint.hpp>

#include <chrono>
#include <functional>
#include <utility>

using namespace sluice;
using namespace std::chrono_literals;

void program(DStream<std::pair<int, long>> pairs)
{
#ifdef SLUICE_TWIN
    pairs | window(30s) | named("window") | checkpoint() | reduceByKey(std::plus{}) | print();
#else
    pairs | window(30s) | reduceByKey(std::plus{}) | named("window") | checkpoint() | print();
#endif
}
#elif !defined SLUICE_TWIN
static_assert(false, "sluice::checkpoint(): must stand right behind an operator whose later batches depend on earlier ones");
#endif
