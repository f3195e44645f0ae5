// Words of a topic, counted in every batch: kafka_word_count localhost:9092 words
//
// Where it is stopped it goes on: the group's offsets are committed when a batch has been printed.

#include <sluice/kafka.hpp>
#include <sluice/sluice.hpp>

#include <chrono>
#include <cstdio>

using namespace sluice;
using namespace std::chrono_literals;

int main(int argc, char** argv)
{
    if (argc != 3) return std::puts("usage: kafka_word_count BROKERS TOPIC"), 2;
    StreamingContext ssc{{.master = "local[2]", .appName = "KafkaWordCount"}, 1s};
    StopOnSignal const stopOnSignal{ssc};

    auto messages =
        kafka::createDirectStream(ssc, kafka::subscribe({argv[2]}),
                                  {.brokers = argv[1], .groupId = "kafka_word_count", .startingOffsets = kafka::StartingOffsets::earliest});
    messages | map(&kafka::Record::value) | flatMap(split()) | countByValue() | print();
    messages | foreachRDD([](auto batch) { kafka::commitAsync(batch); });  // behind the output

    ssc.start();
    ssc.awaitTermination();
}
