// The host's own threads are the source: they push into a bounded channel.

#include <sluice/sluice.hpp>

#include <cstdio>
#include <functional>
#include <thread>
#include <vector>

using namespace sluice;
using namespace std::chrono_literals;

int main()
{
    ManualClock const clock;
    StreamingContext ssc{{.master = "local[2]", .maxReceivedBytes = 1 << 20, .clock = clock}, 1s};
    auto [channel, orders] = channelStream<std::pair<std::string, int>>(ssc);
    orders | reduceByKey(std::plus{}) | sortByKey() | print();
    ssc.start();

    std::vector<std::jthread> threads;
    for (auto const* const city : {"Lyon", "Oslo", "Rome"}) {
        threads.emplace_back([channel = channel, city] {
            for (int euros = 1; euros <= 100; ++euros) channel.push({city, euros});
        });
    }
    threads.clear();  // all of them have pushed
    if (!channel.tryPush({"Oslo", 1})) std::puts("there is no room, and nobody waits for it");
    channel.close();

    clock.advance(1s);
    ssc.stop({.gracefully = true});
}
