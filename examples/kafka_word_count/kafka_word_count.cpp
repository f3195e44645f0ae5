// Words of a topic, counted in every batch: kafka_word_count localhost:9092 words [counts]
//
// They are printed, and written to a second topic, if there is one. Where it is stopped it goes on: the group's offsets are committed behind both.

#include <sluice/kafka.hpp>
#include <sluice/sluice.hpp>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>

using namespace sluice;
using namespace std::chrono_literals;

int main(int argc, char** argv)
{
    if (argc < 3) return std::puts("usage: kafka_word_count BROKERS TOPIC [TOPIC]"), 2;
    StreamingContext ssc{{.master = "local[2]", .appName = "KafkaWordCount"}, 1s};
    StopOnSignal const stopOnSignal{ssc};

    auto messages =
        kafka::createDirectStream(ssc, kafka::subscribe({argv[2]}),
                                  {.brokers = argv[1], .groupId = "kafka_word_count", .startingOffsets = kafka::StartingOffsets::earliest});
    auto counts = messages | map(&kafka::Record::value) | flatMap(split()) | countByValue();
    counts | print();
    if (argc > 3) {
        counts | map([](std::string_view word, std::int64_t n) { return std::pair(word, std::to_string(n)); }) |
            kafka::writeTo(argv[3], {.brokers = argv[1]});
    }
    messages | foreachRDD([](auto batch) { kafka::commitAsync(batch); });  // behind the outputs

    ssc.start();
    ssc.awaitTermination();
}
