// Words of a topic, added up by as many processes as there are, whichever of them is killed when:
//
//   kafka_totals write localhost:9092 lines             what it is told, line by line, into a topic
//   kafka_totals add   localhost:9092 lines totals 1    one of the processes; the last argument is its own name
//   kafka_totals show  localhost:9092 totals            each total, as it comes
//
// A total is written once for each batch that changes it, in order, though processes die between.

#include <sluice/checkpoint.hpp>
#include <sluice/kafka.hpp>
#include <sluice/sluice.hpp>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

using namespace sluice;
using namespace std::chrono_literals;

namespace {

void writeLines(std::string const& brokers, std::string const& topic)
{
    StreamingContext ssc{{.master = "local[1]", .appName = "KafkaTotals"}, 200ms};
    auto [channel, lines] = channelStream<std::string>(ssc);
    lines | kafka::writeTo(topic, {.brokers = brokers});
    ssc.start();
    for (std::string line; std::getline(std::cin, line);) channel.push(line);
    ssc.stop({.gracefully = true});
}

void add(std::string const& brokers, std::string const& topic, std::string const& totals, std::string const& instance)
{
    StreamingContext ssc{{.master = "local[2]", .appName = "KafkaTotals"}, 200ms};
    StopOnSignal const stopOnSignal{ssc};
    kafka::distribute(ssc, {.brokers = brokers, .applicationId = "kafka_totals", .instanceId = instance});

    auto const addUp = [](std::string_view word, std::optional<std::int64_t> n, State<std::int64_t>& total) {
        total.update(total.getOption().value_or(0) + n.value_or(0));
        return std::pair(std::string(word), std::to_string(total.get()));
    };
    kafka::createDirectStream(ssc, kafka::subscribe({topic}), {.startingOffsets = kafka::StartingOffsets::earliest}) |
        map(&kafka::Record::value) | flatMap(split()) |
        map([](std::string_view word) { return std::pair(std::string(word), std::int64_t{1}); }) |
        kafka::repartition("words", {.partitions = 4}) |  // from here on all of a word are in one process
        reduceByKey(std::plus{}) | mapWithState(StateSpec{addUp}) | named("totals") | checkpoint() | kafka::writeTo(totals, {});

    ssc.start();
    ssc.awaitTermination();
}

void show(std::string const& brokers, std::string const& totals)
{
    StreamingContext ssc{{.master = "inline", .appName = "KafkaTotals"}, 200ms};
    StopOnSignal const stopOnSignal{ssc};
    kafka::createDirectStream(ssc, kafka::subscribe({totals}), {.brokers = brokers, .startingOffsets = kafka::StartingOffsets::earliest}) |
        foreachRDD([](auto batch) {
            batch | foreach ([](kafka::Record const& total) {
                std::printf("(%.*s,%.*s)\n", static_cast<int>(total.key.size()), total.key.data(), static_cast<int>(total.value.size()),
                            total.value.data());
            });
            std::fflush(stdout);
        });
    ssc.start();
    ssc.awaitTermination();
}

}  // namespace

int main(int argc, char** argv)
{
    std::string_view const what = argc > 1 ? argv[1] : "";
    if (what == "write" && argc == 4) writeLines(argv[2], argv[3]);
    else if (what == "add" && argc == 6) add(argv[2], argv[3], argv[4], argv[5]);
    else if (what == "show" && argc == 4) show(argv[2], argv[3]);
    else return std::puts("usage: kafka_totals write BROKERS LINES | add BROKERS LINES TOTALS INSTANCE | show BROKERS TOTALS"), 2;
}
