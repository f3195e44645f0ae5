// Words of a topic are counted, and the program goes on where it was, in each of three ways:
//
//   kafka_offsets group localhost:9092 words              Kafka keeps where it was: each word at least once
//   kafka_offsets store localhost:9092 words FILE         a store of one's own does, together with the results: each word once
//   kafka_offsets checkpoint localhost:9092 words FOLDER  the checkpoint does, together with the state: each word once in that
//
// It is stopped by Ctrl-C, or killed.

#include <sluice/checkpoint.hpp>
#include <sluice/kafka.hpp>
#include <sluice/sluice.hpp>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace sluice;
using namespace std::chrono_literals;

namespace {

struct Place {
    std::string brokers;
    std::string topic;
    std::string path;
};

void show(std::string_view word, std::int64_t n)
{
    std::printf("(%.*s,%lld)\n", static_cast<int>(word.size()), word.data(), static_cast<long long>(n));
}
/// What a batch had of each partition, when it is done.
void show(std::vector<kafka::OffsetRange> const& ranges)
{
    for (auto const& range : ranges) std::puts(textOf(range).c_str());
    std::fflush(stdout);
}
auto wordsOf(auto const& messages) { return messages | map(&kafka::Record::value) | flatMap(split()); }

/// Offsets are committed to a group when the batch's outputs are done: where the program dies between, they have it again. What is printed are
/// the counts of a batch.
void keepInKafka(StreamingContext& ssc, Place const& at)
{
    kafka::createDirectStream(ssc, kafka::subscribe({at.topic}),
                              {.brokers = at.brokers, .groupId = "kafka_offsets", .startingOffsets = kafka::StartingOffsets::earliest}) |
        foreachRDD([](auto batch) {
            for (auto const& [word, n] : wordsOf(batch) | countByValue() | collect()) show(word, n);
            show(kafka::offsetRanges(batch));  // of the batch as the stream gives it: behind an operator nobody knows them
            kafka::commitAsync(batch, [](std::string const& error) {
                if (!error.empty()) std::fprintf(stderr, "%s\n", error.c_str());  // the next commit says it, too
            });
        });
}

/// What has been counted, and where the next batch begins: one file, which is replaced as a whole. A database does both in one transaction.
class Ledger {
public:
    struct Content {
        std::map<std::string, std::int64_t> totals;
        std::vector<kafka::PartitionOffset> next;
    };

    explicit Ledger(std::string path) : path_(std::move(path))
    {
        if (io::exists(path_)) content_ = decode<Content>(io::FileBytes{path_}.view());
    }

    [[nodiscard]] Content const& content() const { return content_; }
    void replace(Content content)
    {
        io::replaceFile(path_, encode(content));  // what throws leaves all as it was, and so does who dies within
        content_ = std::move(content);
    }

private:
    std::string path_;
    Content content_;
};

void keepInStore(StreamingContext& ssc, Place const& at, Ledger& store)
{
    kafka::createDirectStream(ssc, kafka::subscribe({at.topic}, store.content().next),
                              {.brokers = at.brokers, .startingOffsets = kafka::StartingOffsets::earliest}) |
        foreachRDD([&store](auto batch) {
            auto content = store.content();
            for (auto const& [word, n] : wordsOf(batch) | countByValue() | collect()) content.totals[std::string(word)] += n;
            content.next.clear();
            for (auto const& range : kafka::offsetRanges(batch)) content.next.push_back({range.topic, range.partition, range.untilOffset});
            store.replace(std::move(content));
            for (auto const& [word, n] : store.content().totals) show(word, n);
            show(kafka::offsetRanges(batch));
        });
}

/// The stream and the state have names: the directory has where the one stands and what the other holds, behind the same batch. An output has
/// a batch again where the program dies before that is kept; here it prints the same totals.
void keepInCheckpoint(StreamingContext& ssc, Place const& at)
{
    checkpoint(ssc, at.path);
    auto const messages = kafka::createDirectStream(ssc, kafka::subscribe({at.topic}),
                                                    {.brokers = at.brokers, .startingOffsets = kafka::StartingOffsets::earliest}) |
                          named("messages");
    auto const total = [](std::string_view, std::optional<std::int64_t> n, State<std::int64_t>& state) {
        state.update(state.getOption().value_or(0) + n.value_or(0));
        return 0;
    };
    wordsOf(messages) | map([](std::string_view word) { return std::pair(word, std::int64_t{1}); }) | mapWithState(StateSpec{total}) |
        named("totals") | checkpoint() | stateSnapshots() | foreachRDD([](auto batch) {
            for (auto const& [word, n] : batch | collect()) show(word, n);
        });
    messages | foreachRDD([](auto batch) { show(kafka::offsetRanges(batch)); });
}

}  // namespace

int main(int argc, char** argv)
{
    std::string_view const way = argc > 1 ? argv[1] : "";
    bool const isGroup = way == "group";
    if (argc < (isGroup ? 4 : 5)) return std::puts("usage: kafka_offsets group|store|checkpoint BROKERS TOPIC [PATH]"), 2;
    Place const at{argv[2], argv[3], argc > 4 ? argv[4] : ""};
    StreamingContext ssc{{.master = "local[2]", .appName = "KafkaOffsets", .onBatchFailure = sluice::stop}, 1s};
    StopOnSignal const stopOnSignal{ssc};
    std::optional<Ledger> store;
    if (isGroup) keepInKafka(ssc, at);
    else if (way == "store") keepInStore(ssc, at, store.emplace(at.path));
    else keepInCheckpoint(ssc, at);
    ssc.start();
    ssc.awaitTermination();
}
