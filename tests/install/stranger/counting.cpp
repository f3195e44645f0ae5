// A unit with all of the library, and main.cpp, which includes what it uses: both are linked.
#include <sluice/sluice.hpp>

int countWords(std::vector<std::string> lines);

int countWords(std::vector<std::string> lines)
{
    using namespace sluice;
    using namespace std::chrono_literals;

    ManualClock const clock;
    StreamingContext ssc{{.master = "local[2]", .clock = clock}, 1s};
    RDDQueue<std::string> queue;
    std::int64_t words = 0;
    queueStream(ssc, queue) | flatMap(split()) | foreachRDD([&](auto batch) { words += std::move(batch) | count(); });
    queue.push(rdd(std::move(lines)));
    ssc.start();
    clock.advance(1s);
    ssc.stop({.gracefully = true});
    ssc.awaitTermination();
    return static_cast<int>(words);
}
