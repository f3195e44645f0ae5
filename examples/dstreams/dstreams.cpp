// A stream is a rule from a batch time to a batch, or to none. Its type is its expression, unless it is written as DStream<T>.

#include <sluice/sluice.hpp>

#include <cstdio>

using namespace sluice;
using namespace std::chrono_literals;

namespace {

/// Takes any stream of numbers: the border between two parts of a program.
DStream<int> squares(DStream<int> numbers)
{
    return numbers | map([](int x) { return x * x; });
}

/// Keeps the expression: what comes behind it fuses into the same loop.
auto evens(DStreamOf<int> auto numbers)
{
    return numbers | filter([](int x) { return x % 2 == 0; });
}

}  // namespace

int main()
{
    IntervalClock clock{1s};
    RDDQueue<int> queue;
    DStream numbers = queueStream(clock, queue);

    auto const show = [](char const* what) {
        return foreachRDD([what](auto batch, Time t) {
            std::printf("%s %s:", t.toString().c_str(), what);
            batch | foreach ([](int x) { std::printf(" %d", x); });
            std::puts("");
        });
    };
    squares(numbers) | show("squares");
    evens(numbers) | show("evens");

    queue.push({1, 2, 3});
    queue.push({4});
    clock.poll(Time{0s});
    clock.poll(Time{3s});  // the third batch is empty, and a batch
}
