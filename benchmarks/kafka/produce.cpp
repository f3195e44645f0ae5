// Lines into a topic: kafka::writeTo, against loops of rd_kafka_produce, which flush after each batch, too.
//
//   tests/kafka/broker.py --slower-start build/benchmarks/kafka_produce
//
// prints the CPU time of all threads of this process, the medians of rounds that take turns, and their ratios to a loop that promises the
// same. Batches have 100,000 lines of 100 bytes, in four partitions. `--quick` writes one batch each, once, and judges no time; what is
// delivered, all wait for.
//
// That librdkafka is idempotent costs it 1.15 to 1.3 of the time; copies of the lines cost less than rounds differ by.

#include <sluice/kafka.hpp>
#include <sluice/runtime/interval_clock.hpp>
#include <sluice/sources/constant_stream.hpp>

#include "../runner.hpp"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

using namespace std::literals;

namespace {

constexpr std::size_t partitions = 4;
constexpr std::size_t perBatch = 100'000;

[[noreturn]] void fail(std::string const& what)
{
    std::fprintf(stderr, "%s\n", what.c_str());
    std::exit(1);
}
void require(rd_kafka_resp_err_t error)
{
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) fail(rd_kafka_err2str(error));
}

std::vector<std::string> const lines = [] {
    std::vector<std::string> all;
    for (std::size_t i = 0; i < perBatch; ++i) {
        all.push_back(std::to_string(i) + ' ');
        while (all.back().size() < 100) all.back() += static_cast<char>('a' + (i + all.back().size()) % 26);
    }
    return all;
}();

/// One that has its topic already.
class ByHand {
public:
    ByHand(char const* topic, bool idempotent, int flags) : flags_(flags)
    {
        char why[512];
        auto* const conf = rd_kafka_conf_new();
        rd_kafka_conf_set(conf, "bootstrap.servers", std::getenv("SLUICE_KAFKA_BROKERS"), why, sizeof why);
        rd_kafka_conf_set(conf, "enable.idempotence", idempotent ? "true" : "false", why, sizeof why);
        producer_ = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof why);
        if (producer_ == nullptr) fail(why);
        make(topic);
        topic_ = rd_kafka_topic_new(producer_, topic, nullptr);
        struct rd_kafka_metadata const* metadata = nullptr;
        require(rd_kafka_metadata(producer_, 0, topic_, &metadata, 60'000));
        rd_kafka_metadata_destroy(metadata);
    }
    ByHand(ByHand const&) = delete;
    ByHand& operator=(ByHand const&) = delete;
    ~ByHand()
    {
        rd_kafka_topic_destroy(topic_);
        rd_kafka_destroy(producer_);
    }

    void write()
    {
        for (std::size_t i = 0; i < lines.size(); ++i) {
            auto const partition = static_cast<std::int32_t>(i * partitions / lines.size());
            while (rd_kafka_produce(topic_, partition, flags_, const_cast<char*>(lines[i].data()), lines[i].size(), nullptr, 0, nullptr) !=
                   0)
                rd_kafka_poll(producer_, 10);
        }
        require(rd_kafka_flush(producer_, 60'000));
    }

private:
    void make(char const* topic) const
    {
        char why[512];
        auto* fresh = rd_kafka_NewTopic_new(topic, static_cast<int>(partitions), 1, why, sizeof why);
        auto* const answers = rd_kafka_queue_new(producer_);
        rd_kafka_CreateTopics(producer_, &fresh, 1, nullptr, answers);
        auto* const event = rd_kafka_queue_poll(answers, 60'000);
        if (event == nullptr) fail("no topic was made");
        require(rd_kafka_event_error(event));
        rd_kafka_event_destroy(event);
        rd_kafka_NewTopic_destroy(fresh);
        rd_kafka_queue_destroy(answers);
    }

    rd_kafka_t* producer_ = nullptr;
    rd_kafka_topic_t* topic_ = nullptr;
    int flags_;
};

class Sluice {
public:
    explicit Sluice(char const* topic)
    {
        using namespace sluice;
        constantStream(clock_, rdd(lines, partitions)) | kafka::writeTo(topic, {.brokers = std::getenv("SLUICE_KAFKA_BROKERS")});
        clock_.poll(Time{0s});
    }
    void write() { clock_.poll(sluice::Time{++batch_ * 1s}); }

private:
    sluice::IntervalClock clock_{1s};
    int batch_ = 0;
};

}  // namespace

int main(int argc, char** argv)
{
    if (std::getenv("SLUICE_KAFKA_BROKERS") == nullptr) fail("run it by tests/kafka/broker.py");
    bool const quick = argc > 1 && std::strcmp(argv[1], "--quick") == 0;
    ByHand plain{"plain", false, RD_KAFKA_MSG_F_COPY};
    ByHand idempotent{"idempotent", true, RD_KAFKA_MSG_F_COPY};
    ByHand views{"views", true, 0};
    Sluice sluice{"idempotent"};
    std::vector<std::pair<char const*, std::vector<double>>> times{
        {"plain loop", {}}, {"idempotent", {}}, {"without a copy", {}}, {"writeTo", {}}};
    for (int round = 0; round < (quick ? 1 : 11); ++round) {
        auto const measure = [&](std::size_t i, auto& rival) {
            auto const begin = bench::processSeconds();
            for (int batch = 0; batch < (quick ? 1 : 3); ++batch) rival.write();
            times[i].second.push_back(bench::processSeconds() - begin);
        };
        measure(0, plain);
        measure(1, idempotent);
        measure(2, views);
        measure(3, sluice);
    }
    if (quick) return 0;
    auto const base = bench::median(times[1].second);
    for (auto const& [name, all] : times)
        std::printf("%-15s %.3f s of CPU for 300,000 lines: %.2f of the idempotent loop\n", name, bench::median(all),
                    bench::median(all) / base);
}
