// Messages of a topic into a count: a direct stream, against librdkafka's fastest way, a loop of rd_kafka_consume_batch_queue.
//
//   tests/kafka/broker.py --slower-start build/benchmarks/kafka_messages
//
// prints the CPU time of all threads of this process, the medians of rounds that take turns, and their ratio. What is read is compared in
// each round. `--quick` reads a part of it, once, and judges no time.
//
// The stream has batches of 100,000, and holds their messages as long as they last: each takes 500 bytes in librdkafka. The loop lets go of
// each at once, while it is in the cache. What that costs, and what was tried, is told in benchmarks/NOTES.md. The start of a stream counts: it
// has a client that reads and one that is asked, and takes the memory of its first batch from the system. So the topic has as many messages
// as make it little.

#include <sluice/kafka.hpp>
#include <sluice/sluice.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include <sys/resource.h>

using namespace sluice;
using namespace std::literals;

namespace {

constexpr int partitions = 4;
constexpr std::size_t bytesEach = 100;
constexpr double perBatch = 100'000;

std::string brokers;
std::string const topic = "benchmark";

[[noreturn]] void fail(std::string const& what)
{
    std::fprintf(stderr, "%s\n", what.c_str());
    std::exit(1);
}
void require(rd_kafka_resp_err_t error)
{
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) fail(rd_kafka_err2str(error));
}

double cpuSeconds()
{
    rusage used{};
    getrusage(RUSAGE_SELF, &used);
    auto const seconds = [](timeval const& t) { return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec); };
    return seconds(used.ru_utime) + seconds(used.ru_stime);
}

rd_kafka_t* client(rd_kafka_type_t type, std::vector<std::pair<char const*, char const*>> const& settings)
{
    char why[512];
    auto* const conf = rd_kafka_conf_new();
    auto const set = [&](char const* name, char const* value) {
        if (rd_kafka_conf_set(conf, name, value, why, sizeof why) != RD_KAFKA_CONF_OK) fail(why);
    };
    set("bootstrap.servers", brokers.c_str());
    for (auto const& [name, value] : settings) set(name, value);
    auto* const made = rd_kafka_new(type, conf, why, sizeof why);
    if (made == nullptr) fail(why);
    return made;
}

void fill(std::int64_t messages)
{
    char why[512];
    auto* const writer = client(RD_KAFKA_PRODUCER, {{"enable.idempotence", "true"}});
    auto* fresh = rd_kafka_NewTopic_new(topic.c_str(), partitions, 1, why, sizeof why);
    auto* const answers = rd_kafka_queue_new(writer);
    rd_kafka_CreateTopics(writer, &fresh, 1, nullptr, answers);
    auto* const event = rd_kafka_queue_poll(answers, 60'000);
    if (event == nullptr) fail("no topic was made");
    std::size_t count = 0;
    require(rd_kafka_topic_result_error(rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count)[0]));
    rd_kafka_event_destroy(event);
    rd_kafka_NewTopic_destroy(fresh);
    auto* const named = rd_kafka_topic_new(writer, topic.c_str(), nullptr);
    for (std::int64_t i = 0; i < messages; ++i) {
        auto value = std::to_string(i);
        value.resize(bytesEach, 'x');
        auto const partition = static_cast<std::int32_t>(i % partitions);
        while (rd_kafka_produce(named, partition, RD_KAFKA_MSG_F_COPY, value.data(), value.size(), nullptr, 0, nullptr) != 0)
            rd_kafka_poll(writer, 10);
    }
    require(rd_kafka_flush(writer, 600'000));
    rd_kafka_topic_destroy(named);
    rd_kafka_queue_destroy(answers);
    rd_kafka_destroy(writer);
}

struct Seen {
    std::int64_t messages = 0;
    std::int64_t bytes = 0;
    double cpu = 0;
};

/// What librdkafka does by itself. It fetches ahead as far as it is let, since a reader that holds it back waits up to a second.
Seen byHand(std::int64_t messages)
{
    Seen seen;
    auto const begin = cpuSeconds();
    auto* const reader = client(RD_KAFKA_CONSUMER, {{"group.id", "by hand"},
                                                    {"enable.auto.commit", "false"},
                                                    {"enable.auto.offset.store", "false"},
                                                    {"queued.min.messages", "1000000"}});
    auto* const named = rd_kafka_topic_new(reader, topic.c_str(), nullptr);
    struct rd_kafka_metadata const* metadata = nullptr;
    require(rd_kafka_metadata(reader, 0, named, &metadata, 60'000));
    rd_kafka_metadata_destroy(metadata);
    auto* const list = rd_kafka_topic_partition_list_new(partitions);
    for (int p = 0; p < partitions; ++p) rd_kafka_topic_partition_list_add(list, topic.c_str(), p)->offset = RD_KAFKA_OFFSET_BEGINNING;
    require(rd_kafka_poll_set_consumer(reader));
    require(rd_kafka_assign(reader, list));
    rd_kafka_topic_partition_list_destroy(list);
    auto* const queue = rd_kafka_queue_get_consumer(reader);
    std::vector<rd_kafka_message_t*> taken(10'000);
    while (seen.messages < messages) {
        auto const count = rd_kafka_consume_batch_queue(queue, 1000, taken.data(), taken.size());
        for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
            if (taken[i]->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
                ++seen.messages;
                seen.bytes += static_cast<std::int64_t>(taken[i]->len);
            }
            rd_kafka_message_destroy(taken[i]);
        }
    }
    rd_kafka_queue_destroy(queue);
    rd_kafka_topic_destroy(named);
    rd_kafka_destroy_flags(reader, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    seen.cpu = cpuSeconds() - begin;
    return seen;
}

Seen byStream(std::int64_t messages)
{
    Seen seen;
    auto const begin = cpuSeconds();
    {
        ManualClock const clock;
        StreamingContext ssc{{.master = "local[2]", .receiverMaxRate = perBatch, .clock = clock}, 1s};
        kafka::createDirectStream(ssc, kafka::subscribe({topic}),
                                  {.brokers = brokers, .startingOffsets = kafka::StartingOffsets::earliest}) |
            map(&kafka::Record::value) |
            aggregate(
                Seen{},
                [](Seen sum, std::string_view value) {
                    return Seen{sum.messages + 1, sum.bytes + static_cast<std::int64_t>(value.size())};
                },
                [](Seen a, Seen const& b) { return Seen{a.messages + b.messages, a.bytes + b.bytes}; }) |
            foreachRDD([&seen](auto batch) {
                batch | foreach ([&seen](Seen const& sum) {
                    seen.messages += sum.messages;
                    seen.bytes += sum.bytes;
                });
            });
        ssc.start();
        while (seen.messages < messages) {
            clock.advance(1s);
            ssc.awaitBatches();
        }
        ssc.stop();
    }
    seen.cpu = cpuSeconds() - begin;
    return seen;
}

double median(std::vector<double> all)
{
    std::sort(all.begin(), all.end());
    return all[all.size() / 2];
}

}  // namespace

int main(int argc, char** argv)
{
    auto const* const said = std::getenv("SLUICE_KAFKA_BROKERS");
    if (said == nullptr) fail("run it by tests/kafka/broker.py");
    brokers = said;
    bool const quick = argc > 1 && std::strcmp(argv[1], "--quick") == 0;
    std::int64_t const messages = quick ? 50'000 : 3'000'000;
    fill(messages);
    std::vector<double> hand;
    std::vector<double> stream;
    for (int round = 0; round < (quick ? 1 : 9); ++round) {
        auto const a = byHand(messages);
        auto const b = byStream(messages);
        if (a.messages != messages || b.messages != messages || a.bytes != b.bytes) {
            fail("read " + std::to_string(a.messages) + " and " + std::to_string(b.messages) + " messages of " + std::to_string(messages));
        }
        if (!quick) std::printf("round %d: by hand %.3f s, direct stream %.3f s\n", round, a.cpu, b.cpu);
        hand.push_back(a.cpu);
        stream.push_back(b.cpu);
    }
    if (quick) std::printf("%lld messages of %zu bytes: the same\n", static_cast<long long>(messages), bytesEach);
    else
        std::printf("median: by hand %.3f s, direct stream %.3f s: %.2f times\n", median(hand), median(stream),
                    median(stream) / median(hand));
}
