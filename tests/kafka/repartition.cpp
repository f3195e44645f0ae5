#include <sluice/kafka.hpp>
#include <sluice/sluice.hpp>
#include <sluice/testing.hpp>

#include "broker.hpp"
#include "errors.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace sluice;
using namespace std::literals;
using detail::KafkaKeyedSteps;
using kafka_test::errorOf;
using kafka_test::has;
using testing::Batches;

namespace {

using Pair = std::pair<std::string, std::int64_t>;
using Parts = std::vector<std::vector<Pair>>;

constexpr auto countOne = [](std::string_view word) { return Pair(word, 1); };
constexpr auto total = [](std::string_view, std::optional<std::int64_t> by, State<std::int64_t>& sum) {
    sum.update(sum.getOption().value_or(0) + by.value_or(0));
    return sum.get();
};

/// What the check says of the operators that build puts behind pairs.
template <class Build>
std::string checked(Build const& build)
{
    StreamingContext ssc{{.master = "inline", .log = silent}, 1s};
    RDDQueue<std::string> queue;
    build(queueStream(ssc, queue) | map(countOne));
    static Label const by{"kafka::distribute", CallSite::here()};
    try {
        KafkaKeyedSteps{*ssc.core()}.require(by);
    } catch (IllegalState const& error) {
        return error.what();
    }
    return "";
}

}  // namespace

TEST_CASE("without an application it divides the records of a batch as Kafka would, and owns them")
{
    for (auto const* const master : {"inline", "local[3]"}) {
        testing::Harness harness{{.master = master}};
        std::vector<Parts> seen;
        Batches<std::string> const in{{{"to", "be", "or", "not", "to", "be"}}, {}, std::nullopt, {{"be", "", "x"}}};
        testing::literalStream<std::string>(harness.context(), in) | map(countOne) | kafka::repartition("words", {.partitions = 3}) |
            foreachRDD([&](auto batch) {
                static_assert(std::is_same_v<typename decltype(batch)::Value, Pair>);
                seen.emplace_back();
                for (auto const& part : batch | glom() | collect()) seen.back().push_back({part.begin(), part.end()});
            });
        harness.start();
        harness.advance(4s);
        REQUIRE(seen.size() == 3);
        for (auto const& parts : seen) {
            REQUIRE(parts.size() == 3);
            for (std::size_t p = 0; p < 3; ++p) {
                for (auto const& one : parts[p]) CHECK(kafka::KeyPartitioner{3}.partition(one.first) == p);
            }
        }
        std::size_t sizes[3] = {};
        for (std::size_t i = 0; i < 3; ++i) {
            for (auto const& part : seen[i]) sizes[i] += part.size();
        }
        CHECK(sizes[0] == 6);
        CHECK(sizes[1] == 0);
        CHECK(sizes[2] == 3);
    }
}

TEST_CASE("operators by the same partitioner behind it exchange nothing more, and states go on")
{
    auto const out = testing::runBatches<std::string>({{"a", "b", "a"}, {"b"}}, [](auto in) {
        return in | map(countOne) | kafka::repartition("words", {.partitions = 2}) | reduceByKey(std::plus{}, kafka::KeyPartitioner{2}) |
               mapWithState(StateSpec{total}.numPartitions(1));
    });
    REQUIRE(out.size() == 2);
    auto counts = *out[0];
    std::sort(counts.begin(), counts.end());
    CHECK(counts == std::vector<std::int64_t>{1, 2});
    CHECK(*out[1] == std::vector<std::int64_t>{2});
}

TEST_CASE("what cannot be is refused where it is written")
{
    auto const refusal = [](std::string const& name, kafka::RepartitionOptions const& options) {
        return errorOf([&] { static_cast<void>(kafka::repartition(name, options)); });
    };
    has(refusal("", {.partitions = 1}), "sluice::kafka::repartition (");
    has(refusal("a b", {.partitions = 1}), "its name is a part of a topic's, of letters, digits, '.', '_' and '-', got \"a b\"");
    has(refusal("a", {}), "RepartitionOptions::partitions must be said, 1 to 1000000, got 0");
    has(refusal("a", {.partitions = 1, .retention = 0s}), "RepartitionOptions::retention must be positive");
    has(errorOf([] {
            static_cast<void>(checked([](auto pairs) {
                pairs | kafka::repartition("twice", {.partitions = 2}) | print();
                pairs | kafka::repartition("twice", {.partitions = 2}) | print();
            }));
        }),
        "\"twice-repartition\"");
    CHECK_THROWS_AS(static_cast<void>(kafka::repartition("", {.partitions = 1})), InvalidArgument);
}

TEST_CASE("operators by key stand behind what divides keys, with operators that keep them between")
{
    auto const divided = [] { return kafka::repartition("words", {.partitions = 8}); };
    CHECK(checked([&](auto pairs) {
              pairs | map([](std::string const& word, std::int64_t n) { return std::pair(word, n); }) |
                  filter([](auto const&...) { return true; }) | print();
              auto const pairsOf = pairs | divided() | filter([](std::string const&, std::int64_t n) { return n > 0; }) |
                                   mapValues([](std::int64_t n) { return n; }) | named("positive") | cache();
              auto const sums = pairsOf | reduceByKey(std::plus{}) | unionWith(pairsOf);
              auto const states = sums | mapWithState(StateSpec{total});
              states | stateSnapshots() | join(sums) | print();
              pairsOf | distinct() | countByValue() | print();
              pairsOf | transform([](auto batch) { return batch | values(); }) | print();
          }) == "");
    CHECK(checked([](auto pairs) { pairs | kafka::partitionedByKey() | groupByKey() | print(); }) == "");
}

TEST_CASE("the first operator that does not is named, with what to write")
{
    auto const divided = [] { return kafka::repartition("words", {.partitions = 8}); };
    auto const alone = checked([](auto pairs) { pairs | reduceByKey(std::plus{}) | print(); });
    has(alone, "sluice::kafka::distribute (");
    has(alone, "): sluice::reduceByKey (");
    has(alone, "repartition.cpp:");
    has(alone, "needs all records of a key in one process, and they are in several: write `| kafka::repartition(");
    has(alone, "`| kafka::partitionedByKey()`");

    auto const lost = checked([&](auto pairs) {
        pairs | divided() | map([](std::string const& word, std::int64_t n) { return std::pair(word.substr(1), n); }) | named("cut") |
            mapValues([](std::int64_t n) { return n; }) | mapWithState(StateSpec{total}) | named("totals") | print();
    });
    has(lost, "sluice::mapWithState \"totals\" (");
    has(lost, "and behind sluice::map \"cut\" (");
    has(lost, "they may have another key than that by which they were divided");

    has(checked([&](auto pairs) { pairs | divided() | join(pairs) | print(); }), "sluice::join (");
    has(checked([&](auto pairs) { pairs | divided() | unionWith(pairs) | groupByKey() | print(); }), "sluice::groupByKey (");
    has(checked([&](auto pairs) { pairs | divided() | keys() | countByValue() | print(); }), "sluice::countByValue (");
    has(checked([](auto pairs) { pairs | keys() | countByValue() | print(); }),
        "needs all records that are equal in one process, and they are in several: map each to a pair of it and 1, and write `| "
        "kafka::repartition(");
    for (auto const& global : {checked([&](auto pairs) { pairs | divided() | count() | print(); }),
                               checked([&](auto pairs) { pairs | divided() | sortByKey() | print(); }),
                               checked([&](auto pairs) { pairs | divided() | zipWithIndex() | print(); })})
        has(global, "gives one result for all records, of which each process has a part: give one key to what is to meet");
    // The first in the order in which they were written.
    has(checked([&](auto pairs) {
            pairs | divided() | count() | print();
            pairs | reduceByKey(std::plus{}) | print();
        }),
        "sluice::count (");
}

TEST_CASE("of a state it is known behind which of them it stands")
{
    StreamingContext ssc{{.master = "inline", .log = silent}, 1s};
    RDDQueue<std::string> queue;
    auto const pairs = queueStream(ssc, queue) | map(countOne);
    auto const words = pairs | kafka::repartition("words", {.partitions = 8});
    auto const given = pairs | kafka::partitionedByKey();
    words | unionWith(given) | mapWithState(StateSpec{total}) | print();
    words | mapValues([](std::int64_t n) { return n; }) | mapWithState(StateSpec{total}) | stateSnapshots() | print();
    auto const& graph = *ssc.core();
    KafkaKeyedSteps const keyed{graph};
    std::vector<std::vector<std::string>> roots;
    for (auto const* const node : graph.holding()) {
        roots.emplace_back();
        for (auto const root : keyed.rootsOf(node->stepId)) roots.back().push_back(detail::where(graph.steps()[root].label));
    }
    REQUIRE(roots.size() == 2);
    REQUIRE(roots[0].size() == 2);
    has(roots[0][0], "sluice::kafka::repartition \"words\" (");
    has(roots[0][1], "sluice::kafka::partitionedByKey (");
    REQUIRE(roots[1].size() == 1);
    CHECK(roots[1][0] == roots[0][0]);
    CHECK(keyed.inputsOf(given.node().stepId()).size() == 1);
    CHECK(keyed.inputsOf(words.node().stepId()).empty());
}

TEST_CASE("a record that does not stand in the partition of its key fails the batch, where partitions are known")
{
    auto const places = detail::makeCounted<detail::KafkaPlaces>();
    detail::KafkaPartitionedByKey op{CallSite::here()};
    op.places = places;
    auto const box = detail::makeCounted<detail::Box<detail::KafkaPartitionedByKey>>(op);
    auto const rows = rdd({Pair{"foobar", 1}, Pair{"foobar", 2}});
    auto const read = [&] {
        auto const keyed = detail::KafkaPartitionedByKey::on(rows.node(), box);
        return detail::rddOf(keyed) | collect();
    };
    CHECK(read().size() == 2);
    places->all = {{6, 8}};
    CHECK(read().size() == 2);
    places->all = {{5, 8}};
    auto const said = errorOf([&] { static_cast<void>(read()); });
    has(said, "sluice::kafka::partitionedByKey (");
    has(said, "a record of partition 5 has a key that belongs to partition 6 of 8");
    has(said, "kafka::repartition(name, options)");
}

namespace {

/// A process of an application that counts words of a topic by another one, and writes the counts to a third.
struct Process {
    Process(std::string const& id, std::string const& from, std::string const& to, std::size_t partitions = 3)
        : harness{{.master = "local[2]", .log = silent}}
    {
        auto& ssc = harness.context();
        kafka::distribute(ssc, {.brokers = kafka_test::brokers(), .applicationId = id, .sessionTimeout = 2s, .maxPollInterval = 60s});
        kafka::createDirectStream(ssc, kafka::subscribe({from}), {.startingOffsets = kafka::StartingOffsets::earliest}) |
            map(&kafka::Record::value) | map([](std::string_view word) { return std::pair(word, std::int64_t{1}); }) |
            kafka::repartition("words", {.partitions = partitions}) | reduceByKey(std::plus{}) |
            map([](std::string const& word, std::int64_t n) { return std::pair(word, std::to_string(n)); }) | kafka::writeTo(to, {});
    }
    void start() { harness.start(); }
    void batches(int n)
    {
        for (int i = 0; i < n; ++i) harness.advance(1s);
    }
    testing::Harness harness;
};

/// What is in a topic that was committed: of each partition key and value, in their order.
using Content = std::vector<std::vector<std::pair<std::string, std::string>>>;
Content contentOf(std::string const& topic, std::int32_t partitions)
{
    Content content;
    testing::Harness reading{{.log = silent}};
    auto& ssc = reading.context();
    kafka::createDirectStream(ssc, kafka::subscribe({topic}),
                              {.brokers = kafka_test::brokers(), .startingOffsets = kafka::StartingOffsets::earliest}) |
        foreachRDD([&](auto batch) {
            content.assign(static_cast<std::size_t>(partitions), {});
            for (auto const& record : batch | collect())
                content[static_cast<std::size_t>(record.partition)].emplace_back(record.key, record.value);
        });
    reading.start();
    reading.advance(1s);
    return content;
}

}  // namespace

TEST_SUITE("broker")
{
    TEST_CASE("in an application records go through a topic, by their keys, and each is read once")
    {
        auto const& writer = kafka_test::theWriter();
        auto const from = writer.topic("lines", 2);
        auto const to = writer.topic("counts", 1);
        auto const id = "app-" + from;
        writer.write(from, 0, {"to", "be", "or", "not"});
        writer.write(from, 1, {"to", "be", ""});
        {
            Process one{id, from, to};
            one.start();
            for (int i = 0; i < 50 && contentOf(to, 1)[0].empty(); ++i) one.batches(1);
            one.batches(2);
        }
        auto const topic = id + "-words-repartition";
        auto const content = contentOf(topic, 3);
        auto const before = detail::kafkaSchemasOf<std::string, std::int64_t>().before();
        std::size_t records = 0;
        for (std::size_t p = 0; p < 3; ++p) {
            records += content[p].size();
            for (auto const& [key, value] : content[p]) {
                CHECK(kafka::KeyPartitioner{3}.partition(key) == p);
                CHECK(value == before + encode(std::int64_t{1}));
            }
        }
        CHECK(records == 7);
        auto const counted = [&] {
            std::map<std::string, std::int64_t> sums;
            auto const all = contentOf(to, 1);
            for (auto const& [key, value] : all[0]) sums[key] += std::stoll(value);
            return sums;
        };
        CHECK(counted() == std::map<std::string, std::int64_t>{{"", 1}, {"be", 2}, {"not", 1}, {"or", 1}, {"to", 2}});
        // The next process goes on behind it; what an older version has written is converted.
        auto const old = detail::kafkaSchemasOf<std::string, std::int16_t>().before();
        auto const place = static_cast<std::int32_t>(kafka::KeyPartitioner{3}.partition("old"sv));
        writer.send(topic, place, {.key = "old", .value = old + encode(std::int16_t{40})});
        writer.flush();
        writer.write(from, 0, {"be"});
        {
            Process two{id, from, to};
            two.start();
            for (int i = 0; i < 50 && counted()["be"] < 3; ++i) two.batches(1);
        }
        CHECK(counted() == std::map<std::string, std::int64_t>{{"", 1}, {"be", 3}, {"not", 1}, {"old", 40}, {"or", 1}, {"to", 2}});
        // Another number of partitions is refused, and what is damaged fails its batch by its place.
        has(errorOf([&] { Process(id, from, to, 4).start(); }), "topic " + topic + ", of sluice::kafka::repartition \"words\" (");
        writer.send(topic, 2, {.key = "bad", .value = "damaged"});
        writer.flush();
        Process three{id, from, to};
        three.start();
        auto const failed = errorOf([&] {
            for (int i = 0; i < 50; ++i) three.batches(1);
            three.harness.context().awaitTermination();
        });
        has(failed, "sluice::kafka::repartition \"words\" (");
        has(failed, detail::kafkaName({topic, 2}) + ", offset ");
        has(failed, "what an application keeps in a topic");
    }
}
