// A pipeline without a source is a value: checked while compiling, then used live.

#include <sluice/sluice.hpp>

#include <functional>

using namespace sluice;
using namespace std::chrono_literals;

constexpr auto cleaned =
    filter([](int celsius) { return celsius > -60 && celsius < 60; }) | map([](int celsius) { return celsius * 9 / 5 + 32; });

constexpr int readings[] = {20, 999, -10, -273};
static_assert((rdd(readings) | cleaned | count()) == 2);
static_assert((rdd(readings) | cleaned | reduce([](int a, int b) { return a > b ? a : b; })) == 68);

int main()
{
    IntervalClock clock{1s};
    auto [channel, live] = channelStream<int>(clock);
    live | cleaned | print();
    clock.poll(Time{0s});
    for (int reading : readings) channel.push(reading);
    clock.poll(Time{1s});
}
