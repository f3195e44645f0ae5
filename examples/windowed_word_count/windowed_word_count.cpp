// Words over the last 30 seconds, every 10 seconds. What is kept is one table of counts for each batch, never its words.

#include <sluice/sluice.hpp>

#include <functional>
#include <string>
#include <utility>

using namespace sluice;
using namespace std::chrono_literals;

int main()
{
    IntervalClock clock{10s};
    RDDQueue<std::string> queue;
    auto const pairs = queueStream(clock, queue) | flatMap(split()) | map([](auto word) { return std::pair{word, 1}; });

    pairs | reduceByKeyAndWindow(std::plus{}, 30s, 10s) | named("last half minute") |
        transform([](auto counts) { return counts | sortByKey(true, 1); }) | print();

    char const* const lines[] = {"to be or not to be", "that is the question", "", "to be", ""};
    clock.poll(Time{0s});
    for (int i = 0; i < 5; ++i) {
        queue.push({lines[i]});
        clock.poll(Time{0s} + (i + 1) * 10s);
    }
}
