// The smallest engine inside a program with an event loop of its own: no context, and no thread that is not yours.

#include <sluice/operators/foreach.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/reduce.hpp>
#include <sluice/outputs/foreach_rdd.hpp>
#include <sluice/runtime/interval_clock.hpp>
#include <sluice/sources/channel_stream.hpp>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>

#include <poll.h>
#include <unistd.h>

int main()
{
    auto const now = [] {
        return sluice::Time{std::chrono::duration_cast<sluice::Duration>(std::chrono::system_clock::now().time_since_epoch())};
    };
    sluice::IntervalClock clock{std::chrono::seconds{1}};
    auto [channel, readings] = sluice::channelStream<double>(clock);
    readings | sluice::map([](double celsius) { return celsius * 1.8 + 32; }) |
        sluice::reduce([](double a, double b) { return a > b ? a : b; }) |
        sluice::foreachRDD([](auto batch) { batch | sluice::foreach ([](double f) { std::printf("max %.1f F\n", f); }); });

    std::setvbuf(stdin, nullptr, _IONBF, 0);  // poll sees what is not read yet
    pollfd in{STDIN_FILENO, POLLIN, 0};
    for (bool open = true; open;) {
        auto const next = clock.poll(now());
        if (::poll(&in, 1, static_cast<int>((next - now()).count() / 1000) + 1) <= 0) continue;
        char line[64];
        open = std::fgets(line, sizeof line, stdin) != nullptr;
        if (open) channel.push(std::atof(line));
    }
    clock.poll(clock.poll(now()));  // what is left is the last batch
}
