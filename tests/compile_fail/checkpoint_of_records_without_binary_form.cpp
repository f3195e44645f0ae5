// expect: sluice::checkpoint\(\): keys, states and what a window keeps must have a binary form
#include <sluice/sluice.hpp>

#if __has_include(<xxhash.h>)
#include <sluice/checkpoint.hpp>

#include <chrono>
#include <functional>

using namespace sluice;
using namespace std::chrono_literals;

void program(DStream<int> numbers)
{
    auto const boxed = numbers | map([](int n) { return std::function<int()>{[n] { return n; }}; });
#ifdef SLUICE_TWIN
    boxed | map([](auto const& f) { return f(); }) | window(30s) | named("window") | checkpoint() | count() | print();
#else
    boxed | window(30s) | named("window") | checkpoint() | count() | print();
#endif
}
#elif !defined SLUICE_TWIN
static_assert(false, "sluice::checkpoint(): keys, states and what a window keeps must have a binary form");
#endif
