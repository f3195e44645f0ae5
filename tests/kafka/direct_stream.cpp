#include <sluice/kafka.hpp>
#include <sluice/sluice.hpp>
#include <sluice/testing.hpp>

#include "broker.hpp"
#include "errors.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using namespace sluice;
using namespace std::literals;
using kafka::assign;
using kafka::createDirectStream;
using kafka::OffsetRange;
using kafka::subscribe;
using kafka::subscribePattern;
using kafka_test::brokers;
using kafka_test::errorOf;
using kafka_test::theWriter;
using kafka_test::Writer;

namespace {

using Texts = std::vector<std::string>;
using Ranges = std::vector<OffsetRange>;

}  // namespace

template <>
struct doctest::StringMaker<Ranges> {
    static doctest::String convert(Ranges const& ranges) { return textOf(ranges).c_str(); }
};

namespace {

Texts numbered(int from, int until)
{
    Texts all;
    for (int i = from; i < until; ++i) all.push_back(std::to_string(i));
    return all;
}

/// One process's life of a program that reads a stream: the ranges and values of each batch.
struct Life {
    Ranges ranges;              // of the last batch
    std::vector<Texts> values;  // partition by partition, of the last batch
    Texts seen;                 // all of them
    int failed = 0;             // batches
    Texts warnings;
    std::mutex mutex;
    testing::Harness harness;

    Life(kafka::Subscription const& subscription, kafka::Options options, Config config = {.master = "local[2]"})
        : harness(listenedTo(std::move(config)))
    {
        options.brokers = brokers();
        createDirectStream(harness.context(), subscription, options) | foreachRDD([this](auto batch) {
            ranges = kafka::offsetRanges(batch);
            values.clear();
            for (auto const& part : batch | map(&kafka::Record::value) | glom() | collect()) values.emplace_back(part.begin(), part.end());
            for (auto const& part : values) seen.insert(seen.end(), part.begin(), part.end());
        });
        harness.start();
    }

    void batch() { harness.advance(1s); }

    Config listenedTo(Config config)
    {
        config.log = [this](LogEntry const& entry) {
            std::lock_guard const lock{mutex};
            if (entry.level != LogLevel::info) warnings.push_back(entry.text);
        };
        return config;
    }
    /// All warnings.
    std::string told()
    {
        std::lock_guard const lock{mutex};
        std::string all;
        for (auto const& text : warnings) all += text + '\n';
        return all;
    }
    bool warned(std::string_view part)
    {
        std::lock_guard const lock{mutex};
        return std::any_of(warnings.begin(), warnings.end(), [&](auto const& text) { return text.find(part) != std::string::npos; });
    }
};

kafka::Options const earliest{.startingOffsets = kafka::StartingOffsets::earliest};

}  // namespace

TEST_SUITE_BEGIN("broker");

TEST_CASE("a batch is a range of offsets of each partition, and has exactly its records, in their order")
{
    auto const& writer = theWriter();
    auto const topic = writer.topic("exact", 3);
    writer.write(topic, 0, numbered(0, 5));
    writer.write(topic, 2, numbered(0, 2000));
    Life life{subscribe({topic}), earliest};
    life.batch();
    CHECK(life.ranges == Ranges{{topic, 0, 0, 5}, {topic, 1, 0, 0}, {topic, 2, 0, 2000}});
    REQUIRE(life.values.size() == 3);
    CHECK(life.values[0] == numbered(0, 5));
    CHECK(life.values[1].empty());
    CHECK(life.values[2] == numbered(0, 2000));
    life.batch();
    CHECK(life.ranges == Ranges{{topic, 0, 5, 5}, {topic, 1, 0, 0}, {topic, 2, 2000, 2000}});
    CHECK(life.values == std::vector<Texts>(3));
    writer.write(topic, 1, {"a", "b"});
    writer.write(topic, 0, {"c"});
    life.batch();
    CHECK(life.ranges == Ranges{{topic, 0, 5, 6}, {topic, 1, 0, 2}, {topic, 2, 2000, 2000}});
    CHECK(life.values == std::vector<Texts>{{"c"}, {"a", "b"}, {}});
    CHECK(life.told() == "");
}

TEST_CASE("a record has key, value, headers, time and place; beyond its batch it is kept with them")
{
    auto const& writer = theWriter();
    auto const topic = writer.topic("record", 1, {{"retention.ms", "-1"}});
    writer.send(topic, 0, {.key = "k", .value = "v", .headers = {{"a", "1"}, {"a", "2"}, {"b", ""}}, .timestamp = 1'700'000'000'123});
    writer.send(topic, 0, {.key = "deleted"});
    writer.send(topic, 0, {.value = ""});
    writer.flush();
    testing::Harness harness;
    auto const stream = createDirectStream(harness.context(), subscribe({topic}),
                                           {.brokers = brokers(), .startingOffsets = kafka::StartingOffsets::earliest});
    static_assert(std::is_same_v<decltype(stream)::Value, kafka::Record>);
    std::vector<kafka::OwnedRecord> records;
    Texts found;
    stream | foreachRDD([&](auto batch) {
        batch | foreach ([&](kafka::Record const& record) {
            found.push_back(std::string(record.headers.find("a").value_or("none")) + std::to_string(record.headers.size()));
        });
    });
    std::size_t mostInWindow = 0;
    stream | window(2s) | foreachRDD([&](auto batch) {
        records = batch | collect();
        mostInWindow = std::max(mostInWindow, records.size());
    });
    harness.start();
    harness.advance(1s);
    CHECK(found == Texts{"23", "none0", "none0"});
    writer.write(topic, 0, {"next"});
    harness.advance(1s);
    CHECK(mostInWindow == 4);
    REQUIRE(records.size() == 4);
    CHECK(records[0] ==
          kafka::OwnedRecord{"k", "v", topic, 0, 0, Time{1'700'000'000'123ms}, true, true, {{"a", "1"}, {"a", "2"}, {"b", ""}}});
    CHECK(records[1].key == "deleted");
    CHECK(!records[1].hasValue);
    CHECK(!records[2].hasKey);
    CHECK(records[2].hasValue);
    CHECK(records[3].offset == 3);
}

TEST_CASE("it begins at the latest offset, the earliest, or a given one")
{
    auto const& writer = theWriter();
    auto const topic = writer.topic("begin", 2);
    writer.write(topic, 0, numbered(0, 10));
    writer.write(topic, 1, numbered(0, 10));
    {
        Life life{subscribe({topic}), {}};
        writer.write(topic, 1, {"new"});  // before the first tick
        life.batch();
        CHECK(life.ranges == Ranges{{topic, 0, 10, 10}, {topic, 1, 10, 11}});
        CHECK(life.seen == Texts{"new"});
    }
    {
        Life life{subscribe({topic}, {{topic, 1, 7}}), {}};
        life.batch();
        CHECK(life.ranges == Ranges{{topic, 0, 10, 10}, {topic, 1, 7, 11}});
        CHECK(life.seen == Texts{"7", "8", "9", "new"});
    }
    {
        Life life{assign({{topic, 1}}), earliest};
        life.batch();
        CHECK(life.ranges == Ranges{{topic, 1, 0, 11}});
    }
}

TEST_CASE("what the group has committed goes before the options, and what the subscription says before that")
{
    auto const& writer = theWriter();
    auto const topic = writer.topic("group", 2);
    writer.write(topic, 0, numbered(0, 10));
    kafka::Options const options{.brokers = brokers(), .groupId = "group of " + topic, .startingOffsets = kafka::StartingOffsets::earliest};
    Texts answers;
    {
        testing::Harness harness;
        createDirectStream(harness.context(), subscribe({topic}), options) | foreachRDD([&](auto batch) {
            static_cast<void>(batch | count());
            kafka::commitAsync(batch, [&](std::string const& error) { answers.push_back(error); });
        });
        harness.start();
        harness.advance(1s);
        writer.write(topic, 1, {"a"});
        harness.advance(1s);
        harness.context().stop();  // waits for the answers
    }
    CHECK(answers == Texts{"", ""});
    writer.write(topic, 0, {"10"});
    {
        Life life{subscribe({topic}), options};
        life.batch();
        CHECK(life.ranges == Ranges{{topic, 0, 10, 11}, {topic, 1, 1, 1}});
    }
    Life life{subscribe({topic}, {{topic, 0, 3}}), options};
    life.batch();
    CHECK(life.ranges == Ranges{{topic, 0, 3, 11}, {topic, 1, 1, 1}});
}

TEST_CASE("commits of one batch twice, or of an earlier one later, take nothing back")
{
    auto const& writer = theWriter();
    auto const topic = writer.topic("higher", 1);
    writer.write(topic, 0, numbered(0, 10));
    kafka::Options const options{.brokers = brokers(), .groupId = "group of " + topic, .startingOffsets = kafka::StartingOffsets::earliest};
    {
        testing::Harness harness;
        using Batch = decltype(createDirectStream(harness.context(), subscribe({topic}), options))::Batch;
        std::optional<RDD<kafka::Record, Batch>> earlier;
        createDirectStream(harness.context(), subscribe({topic}), options) | foreachRDD([&](auto batch) {
            if (!earlier) earlier.emplace(batch);
            else {
                kafka::commitAsync(batch);
                kafka::commitAsync(*earlier);
            }
        });
        harness.start();
        harness.advance(1s);
        writer.write(topic, 0, {"a"});
        harness.advance(1s);
    }
    Life life{subscribe({topic}), options};
    life.batch();
    CHECK(life.ranges == Ranges{{topic, 0, 11, 11}});
}

TEST_CASE("without a group nothing is committed")
{
    auto const& writer = theWriter();
    auto const topic = writer.topic("no-group", 1);
    testing::Harness harness;
    std::string error;
    createDirectStream(harness.context(), subscribe({topic}), {.brokers = brokers()}) |
        foreachRDD([&](auto batch) { error = errorOf([&] { kafka::commitAsync(batch); }); });
    harness.start();
    harness.advance(1s);
    CHECK(error.find("Options::groupId is empty") != std::string::npos);
}

TEST_CASE("offsets that are not kept any more fail the batch, or are left out, and that is told")
{
    auto const& writer = theWriter();
    for (auto const how : {kafka::OnLostOffsets::fail, kafka::OnLostOffsets::earliest, kafka::OnLostOffsets::latest}) {
        CAPTURE(static_cast<int>(how));
        auto const topic = writer.topic("lost", 1);
        writer.write(topic, 0, numbered(0, 10));
        kafka::Options options = earliest;
        options.onLostOffsets = how;
        Life life{subscribe({topic}, {{topic, 0, 2}}), options};
        writer.deleteBefore(topic, 0, 6);
        life.batch();
        if (how == kafka::OnLostOffsets::fail) CHECK(life.seen.empty());
        else if (how == kafka::OnLostOffsets::earliest) CHECK(life.seen == numbered(6, 10));
        else CHECK(life.ranges == Ranges{{topic, 0, 10, 10}});
        CHECK(life.warned("the offsets [2 -> 6] are lost, the topic does not keep them any more"));
    }
    auto const topic = writer.topic("anew", 1);
    writer.write(topic, 0, numbered(0, 3));
    kafka::Options options = earliest;
    options.onLostOffsets = kafka::OnLostOffsets::earliest;
    Life life{subscribe({topic}, {{topic, 0, 1000}}), options};
    life.batch();
    CHECK(life.seen == numbered(0, 3));
    CHECK(life.warned("the next offset is 1000, and the topic ends at 3"));
}

TEST_CASE("offsets that vanish between tick and job are the same gap")
{
    auto const& writer = theWriter();
    for (auto const how : {kafka::OnLostOffsets::fail, kafka::OnLostOffsets::earliest}) {
        CAPTURE(static_cast<int>(how));
        auto const topic = writer.topic("vanish", 1);
        for (auto const& value : numbered(0, 10)) writer.write(topic, 0, {value + ' ' + std::string(2000, 'x')});
        Texts warnings;
        testing::Harness harness{{.master = "inline", .log = [&](LogEntry const& entry) { warnings.push_back(entry.text); }}};
        std::vector<std::int64_t> seen;
        std::string error;
        createDirectStream(harness.context(), subscribe({topic}),
                           {.brokers = brokers(),
                            .startingOffsets = kafka::StartingOffsets::earliest,
                            .onLostOffsets = how,
                            .properties = {{"queued.min.messages", "1"}, {"fetch.message.max.bytes", "1000"}}}) |  // one ahead, or two
            foreachRDD([&](auto batch) {
                CHECK(kafka::offsetRanges(batch) == Ranges{{topic, 0, 0, 10}});
                writer.deleteBefore(topic, 0, 6);
                error = errorOf([&] { seen = batch | map(&kafka::Record::offset) | collect(); });
            });
        harness.start();
        harness.advance(1s);
        if (how == kafka::OnLostOffsets::fail) {
            CAPTURE(error);
            CHECK(error.find(" on are not there any more, but those of [6 -> 10]; Options::onLostOffsets would go on") !=
                  std::string::npos);
        } else {
            REQUIRE(seen.size() >= 4);
            CHECK(std::vector(seen.end() - 4, seen.end()) == std::vector<std::int64_t>{6, 7, 8, 9});
            REQUIRE(warnings.size() == 1);
            CHECK(warnings[0].find(" on are not there any more, but those of [6 -> 10]") != std::string::npos);
        }
    }
}

TEST_CASE("partitions and topics that come later are found, and read from their beginning")
{
    auto const& writer = theWriter();
    auto const topic = writer.topic("grows", 1);
    kafka::Options options;
    options.discoveryInterval = 0s;
    Life life{subscribePattern(topic + ".*"), options};
    life.batch();
    CHECK(life.ranges == Ranges{{topic, 0, 0, 0}});
    writer.addPartitions(topic, 2);
    auto const other = topic + "-too";
    writer.create(other, 1);
    writer.write(topic, 1, {"second"});
    writer.write(other, 0, {"other"});
    life.harness.await("the new ones", [&] {
        life.batch();
        return life.ranges.size() == 3;
    });
    CHECK(life.ranges == Ranges{{topic, 0, 0, 0}, {topic, 1, 0, 1}, {other, 0, 0, 1}});
    CHECK(life.seen == Texts{"second", "other"});
}

TEST_CASE("it looks for them as often as it is told to")
{
    auto const& writer = theWriter();
    auto const topic = writer.topic("seldom", 1);
    kafka::Options options;
    options.discoveryInterval = 3s;
    Life life{subscribe({topic}), options};
    life.batch();
    writer.addPartitions(topic, 2);
    life.batch();
    life.batch();
    CHECK(life.ranges.size() == 1);
    life.batch();
    CHECK(life.ranges.size() == 2);
}

TEST_CASE("of transactions those that were committed are read; what follows an open one waits")
{
    auto const& writer = theWriter();
    auto const topic = writer.topic("transactions", 1);
    Writer const transactional{{{"transactional.id", topic}}};
    transactional.initTransactions();
    transactional.begin();
    transactional.write(topic, 0, {"aborted"});
    transactional.abort();
    transactional.begin();
    transactional.write(topic, 0, {"committed"});
    transactional.commit();
    transactional.begin();
    transactional.write(topic, 0, {"open"});
    kafka::Options all = earliest;
    all.isolation = kafka::Isolation::readUncommitted;
    Life life{subscribe({topic}), earliest};
    // The broker tells of an end before it has written that.
    auto const until = [&](std::int64_t offset) {
        life.harness.await("the end of a transaction", [&] {
            life.batch();
            return life.ranges[0].untilOffset >= offset;
        });
        CHECK(life.ranges[0].untilOffset == offset);
    };
    until(4);  // it takes an offset, too
    CHECK(life.seen == Texts{"committed"});
    Life other{subscribe({topic}), all};
    other.batch();
    CHECK(other.ranges == Ranges{{topic, 0, 0, 5}});
    CHECK(other.seen == Texts{"aborted", "committed", "open"});
    writer.write(topic, 0, {"behind it"});
    life.batch();
    CHECK(life.ranges == Ranges{{topic, 0, 4, 4}});
    transactional.commit();
    until(7);
    CHECK(life.seen == Texts{"committed", "open", "behind it"});
    transactional.begin();
    transactional.write(topic, 0, numbered(0, 10));
    transactional.abort();
    until(18);  // not one record
    CHECK(life.seen.size() == 3);
    CHECK(life.told() == "");
}

TEST_CASE("a compacted topic has gaps")
{
    auto const& writer = theWriter();
    auto const topic = writer.topic(
        "compacted", 1,
        {{"cleanup.policy", "compact"}, {"segment.ms", "50"}, {"min.cleanable.dirty.ratio", "0.001"}, {"min.compaction.lag.ms", "0"}});
    for (int i = 0; i < 100; ++i) writer.send(topic, 0, {.key = "k", .value = std::to_string(i)});
    writer.flush();
    // A segment ends with a record that comes later, and what lies before the last one is compacted soon after: its first offset stays.
    auto const recordsOf = [&] {
        Life life{subscribe({topic}), earliest};
        life.batch();
        CHECK(life.ranges[0].fromOffset == 0);
        CHECK(life.seen.back() == std::to_string(life.ranges[0].untilOffset - 1));
        return std::pair{life.seen.size(), life.ranges[0].untilOffset};
    };
    testing::Harness waiting;
    auto next = 100;
    waiting.await("compaction", [&] {
        writer.send(topic, 0, {.key = "k", .value = std::to_string(next++)});
        writer.flush();
        auto const [records, until] = recordsOf();
        CHECK(until == next);
        return records < 50;
    });
}

TEST_CASE("rates bound each batch, the first one, too, and no partition starves")
{
    auto const& writer = theWriter();
    auto const topic = writer.topic("rate", 3);
    writer.write(topic, 0, numbered(0, 900));
    writer.write(topic, 1, numbered(0, 90));
    writer.write(topic, 2, numbered(0, 1));
    SUBCASE("of a partition")
    {
        kafka::Options options = earliest;
        options.maxRatePerPartition = 50;
        Life life{subscribe({topic}), options};
        life.batch();
        CHECK(life.ranges == Ranges{{topic, 0, 0, 50}, {topic, 1, 0, 50}, {topic, 2, 0, 1}});
        life.batch();
        CHECK(life.ranges == Ranges{{topic, 0, 50, 100}, {topic, 1, 50, 90}, {topic, 2, 1, 1}});
    }
    SUBCASE("of the stream, divided by what waits")
    {
        Life life{subscribe({topic}), earliest, {.master = "local[2]", .receiverMaxRate = 100}};
        life.batch();
        CHECK(life.ranges == Ranges{{topic, 0, 0, 90}, {topic, 1, 0, 9}, {topic, 2, 0, 1}});  // the last by minRecordsPerPartition
        CHECK(life.seen.size() == 100);
    }
    SUBCASE("back pressure, from the first batch on")
    {
        Life life{subscribe({topic}), earliest, {.master = "local[2]", .backpressureEnabled = true, .backpressureInitialRate = 10}};
        life.batch();
        CHECK(life.seen.size() == 9 + 1 + 1);
        life.batch();
        CHECK(life.seen.size() == 2 * (9 + 1) + 1);  // nothing is learned from batches that take no time, by this clock
    }
}

TEST_CASE("the memory of a batch is bounded, and all comes in the end")
{
    auto const& writer = theWriter();
    auto const topic = writer.topic("memory", 2);
    std::string const large(20'000, 'x');
    writer.write(topic, 0, Texts(300, large));
    writer.write(topic, 1, numbered(0, 300));
    Life life{subscribe({topic}), earliest, {.master = "local[2]", .maxReceivedBytes = 1 << 20}};
    int batches = 0;
    while (life.seen.size() < 600 && batches < 100) {
        life.batch();
        ++batches;
        std::size_t bytes = 0;
        for (auto const& part : life.values) {
            for (auto const& value : part) bytes += value.size();
        }
        CHECK(bytes <= std::size_t{1} << 20);
        CHECK(bytes > 0);
    }
    CHECK(life.told() == "");
    CHECK(life.ranges[0].untilOffset == 300);
    CHECK(life.ranges[1].untilOffset == 300);
    CHECK(life.seen.size() == 600);
    CHECK(batches >= 6);
}

TEST_CASE("a batch is read once, in part or whole, by as many as ask for it")
{
    auto const& writer = theWriter();
    auto const topic = writer.topic("outputs", 1);
    writer.write(topic, 0, numbered(0, 5000));
    for (std::string const master : {"inline", "local[2]"}) {
        CAPTURE(master);
        testing::Harness harness{{.master = master, .concurrentJobs = master == "inline" ? 1U : 2U}};
        auto const messages = createDirectStream(harness.context(), subscribe({topic}),
                                                 {.brokers = brokers(), .startingOffsets = kafka::StartingOffsets::earliest}) |
                              map(&kafka::Record::value);
        std::vector<std::size_t> sizes(3);
        Texts some;
        messages | foreachRDD([&](auto batch) { some = batch | take(3); });
        messages | foreachRDD([&](auto batch) { sizes[0] = (batch | collect()).size(); });
        messages | foreachRDD([&](auto batch) { sizes[1] = static_cast<std::size_t>(batch | count()); });
        messages | foreachRDD([&](auto batch) { sizes[2] = (batch | collect()).size(); });
        harness.start();
        harness.advance(1s);
        CHECK(some == numbered(0, 3));
        CHECK(sizes == std::vector<std::size_t>{5000, 5000, 5000});
    }
}

TEST_CASE("what a batch was not asked for is not given to the next; one that is kept can be read later, out of its turn")
{
    auto const& writer = theWriter();
    auto const topic = writer.topic("turns", 1);
    writer.write(topic, 0, numbered(0, 3000));
    testing::Harness harness{{.master = "inline"}};
    std::vector<RDD<std::string_view>> kept;
    std::vector<Texts> read;
    createDirectStream(harness.context(), subscribe({topic}), {.brokers = brokers(), .startingOffsets = kafka::StartingOffsets::earliest}) |
        map(&kafka::Record::value) | foreachRDD([&](auto batch) {
            kept.emplace_back(batch);
            if (kept.size() == 2) read.push_back(batch | collect());
        });
    harness.start();
    harness.advance(1s);
    writer.write(topic, 0, {"a", "b"});
    harness.advance(1s);
    CHECK(read == std::vector<Texts>{{"a", "b"}});
    CHECK((kept[0] | collect()) == numbered(0, 3000));  // after it
    CHECK((kept[1] | collect()) == Texts{"a", "b"});
    writer.write(topic, 0, {"c"});
    harness.advance(1s);
    CHECK((kept[2] | collect()) == Texts{"c"});
    kept.erase(kept.begin(), kept.begin() + 2);
    harness.context().stop();
    CHECK((kept[0] | collect()) == Texts{"c"});  // it holds what it stands on
}

TEST_CASE("a batch that failed has the same records when it is tried again")
{
    auto const& writer = theWriter();
    auto const topic = writer.topic("retry", 2);
    writer.write(topic, 0, numbered(0, 10));
    testing::Harness harness{{.master = "local[2]", .onBatchFailure = retry(2), .log = silent}};
    std::vector<Ranges> tries;
    Texts seen;
    createDirectStream(harness.context(), subscribe({topic}), {.brokers = brokers(), .startingOffsets = kafka::StartingOffsets::earliest}) |
        foreachRDD([&](auto batch) {
            tries.push_back(kafka::offsetRanges(batch));
            seen = batch | map(&kafka::Record::value) | collect();
            if (tries.size() < 3) throw std::runtime_error{"again"};
        });
    harness.start();
    harness.advance(1s);
    CHECK(tries == std::vector<Ranges>(3, {{topic, 0, 0, 10}, {topic, 1, 0, 0}}));
    CHECK(seen == numbered(0, 10));
}

TEST_CASE("listeners see how many records a batch has, and where")
{
    struct Listener : StreamingListener {
        void onBatchCompleted(BatchCompleted const& completed) override
        {
            for (auto const& input : completed.batch.inputs) {
                told.emplace_back(input.numRecords, input.description);
                lags.push_back(input.lag);
            }
        }
        std::vector<std::pair<std::int64_t, std::string>> told;
        std::vector<std::optional<std::int64_t>> lags;
    };
    auto const& writer = theWriter();
    auto const topic = writer.topic("listeners", 3);
    writer.write(topic, 0, {"a"});
    writer.write(topic, 2, {"b", "c"});
    testing::Harness harness;
    auto const listener = std::make_shared<Listener>();
    harness.context().addStreamingListener(listener);
    createDirectStream(harness.context(), subscribe({topic}), {.brokers = brokers(), .startingOffsets = kafka::StartingOffsets::earliest}) |
        print(0);
    harness.start();
    harness.advance(1s);
    harness.context().stop();
    REQUIRE(listener->told.size() == 1);
    CHECK(listener->told[0].first == 3);
    CHECK(listener->told[0].second ==
          "topic: " + topic + "\tpartition: 2\toffsets: 0 to 2\tlag: 0\ntopic: " + topic + "\tpartition: 0\toffsets: 0 to 1\tlag: 0");
    CHECK(listener->lags[0] == 0);
}

TEST_CASE(
    "what waits behind a batch is told: to listeners, partition by partition, and to the log when it has doubled, and when it is over")
{
    auto const& writer = theWriter();
    auto const topic = writer.topic("lag", 2);
    writer.write(topic, 0, numbered(0, 5));
    writer.write(topic, 1, {"a"});
    Texts hints;
    std::mutex mutex;
    StatisticsListener statistics;
    testing::Harness harness{{.log = [&](LogEntry const& entry) {
        std::lock_guard const lock{mutex};
        if (entry.text.find("wait") != Texts::value_type::npos) hints.push_back(entry.text);
    }}};
    harness.context().addStreamingListener(statistics);
    createDirectStream(harness.context(), subscribe({topic}),
                       {.brokers = brokers(), .startingOffsets = kafka::StartingOffsets::earliest, .maxRatePerPartition = 2}) |
        print(0);
    harness.start();
    for (int i = 0; i < 3; ++i) harness.advance(1s);
    harness.context().stop();
    auto const batches = statistics.retained();
    REQUIRE(batches.size() == 3);
    CHECK(batches[0].inputs[0].lag == 3);
    CHECK(batches[0].inputs[0].description.find("topic: " + topic + "\tpartition: 0\toffsets: 0 to 2\tlag: 3") == 0);
    CHECK(batches[1].inputs[0].lag == 1);
    CHECK(batches[2].inputs[0].lag == 0);
    CHECK(hints == Texts{"offsets wait behind the batch: topic " + topic + ", partition 0: 3", "nothing waits behind the batch any more"});
}

TEST_CASE("what is not there fails the start, and says what")
{
    auto const& writer = theWriter();
    auto const topic = writer.topic("there", 2);
    auto const errorAt = [&](kafka::Subscription const& subscription) { return errorOf([&] { Life const life{subscription, {}}; }); };
    CHECK(errorAt(subscribe({topic, "nowhere"})).find("topic nowhere is not there, at brokers " + brokers()) != std::string::npos);
    CHECK(errorAt(assign({{topic, 0}, {topic, 2}})).find("topic " + topic + ", partition 2 is not there") != std::string::npos);
    Life life{subscribePattern("no topic has such a name"), {}};
    CHECK(life.warned("no topic's name is matched by no topic has such a name so far"));
    life.batch();
    CHECK(life.ranges.empty());
}

TEST_CASE("a broker that hangs fails the batch, which says so; the next has what it would have had")
{
    auto const& writer = theWriter();
    auto const topic = writer.topic("hangs", 1);
    writer.write(topic, 0, {"a"});
    kafka::Options options = earliest;
    options.timeout = 300ms;
    Life life{subscribe({topic}), options};
    life.batch();
    writer.write(topic, 0, {"b"});
    {
        kafka_test::Frozen const frozen;
        life.batch();
    }
    CHECK(life.seen == Texts{"a"});
    CHECK(life.warned("brokers " + brokers() + " did not tell the offsets of partitions within 300 ms"));
    life.harness.await("the broker", [&] {
        life.batch();
        return life.seen.size() > 1;
    });
    CHECK(life.seen == Texts{"a", "b"});
}

TEST_CASE("a topic that is deleted while it is read fails the next batch, by its name")
{
    auto const& writer = theWriter();
    auto const topic = writer.topic("deleted", 2);
    writer.write(topic, 1, {"a"});
    Life life{subscribe({topic}), earliest};
    life.batch();
    writer.remove(topic);
    life.harness.await("a batch that fails", [&] {  // a broker learns a little later that a topic is gone
        life.batch();
        return life.warned("topic " + topic + " is not there any more, at brokers " + brokers());
    });
    CHECK(life.warned("sluice::kafka::createDirectStream ("));
    CHECK(life.seen == Texts{"a"});
}

TEST_CASE("brokers that do not know who asks fail the start, and are not asked again")
{
    testing::Harness harness{{.log = silent}};
    createDirectStream(harness.context(), subscribe({"any"}),
                       {.brokers = brokers(),
                        .timeout = 24h,
                        .properties = {{"security.protocol", "sasl_plaintext"},
                                       {"sasl.mechanism", "PLAIN"},
                                       {"sasl.username", "somebody"},
                                       {"sasl.password", "secret"}}}) |
        print(0);
    auto const error = errorOf([&] { harness.start(); });
    CHECK(kafka_test::has(error, "brokers " + brokers() + " refuse to tell what topics there are: "));
    CHECK(kafka_test::has(error, "SASL PLAIN mechanism handshake failed"));
    CHECK(error.find("secret") == std::string::npos);
}

TEST_CASE("a stop does not wait for a broker that hangs")
{
    auto const& writer = theWriter();
    auto const topic = writer.topic("stop", 1);
    for (auto const& value : numbered(0, 50)) writer.write(topic, 0, {value + ' ' + std::string(2000, 'x')});
    std::string error;
    std::atomic<bool> begun{false};
    std::optional<kafka_test::Frozen> frozen;
    testing::Harness harness{{.log = silent}};
    createDirectStream(harness.context(), subscribe({topic}),
                       {.brokers = brokers(),
                        .startingOffsets = kafka::StartingOffsets::earliest,
                        .timeout = 24h,
                        .properties = {{"queued.min.messages", "1"}, {"fetch.message.max.bytes", "1000"}}}) |
        foreachRDD([&](auto batch) {
            frozen.emplace();
            begun = true;
            error = errorOf([&] { static_cast<void>(batch | map(&kafka::Record::value) | collect()); });
        });
    harness.start();
    harness.clock().advance(1s);
    harness.await("the batch", [&] { return begun.load(); });
    harness.context().stop({.gracefully = false, .deadline = 100ms});
    CAPTURE(error);
    CHECK(error.find("cancelled, because the context was stopped") != std::string::npos);
}

TEST_CASE("keys and values by their types; what is none of these fails the batch, or is a letter that says which message it was")
{
    auto const& writer = theWriter();
    auto const topic = writer.topic("typed", 1);
    std::string const seven("\0\0\0\0\0\0\0\7", 8);
    writer.send(topic, 0, {.key = "a", .value = seven});
    writer.send(topic, 0, {.key = "b", .value = "no number"});
    writer.send(topic, 0, {.value = seven});
    writer.send(topic, 0, {.key = "c"});
    writer.send(topic, 0, {.key = "a", .value = seven});
    writer.flush();
    kafka::Options options = earliest;
    options.brokers = brokers();
    testing::Harness harness{{.onBatchFailure = proceed, .log = silent}};
    auto& ssc = harness.context();
    auto const [letters, failed] = deadLetters<kafka::OwnedRecord>(ssc);
    std::vector<std::pair<std::string, std::int64_t>> sums;
    Ranges ranges;
    auto const sales = createDirectStream<std::string_view, std::int64_t>(ssc, subscribe({topic}), options, letters);
    sales | foreachRDD([&](auto batch) { ranges = kafka::offsetRanges(batch); });
    sales | reduceByKey(std::plus{}, 1) | foreachRDD([&](auto batch) { sums = batch | collect(); });
    Texts errors;
    std::vector<std::int64_t> offsets;
    failed | foreachRDD([&](auto batch) {
        for (auto const& letter : batch | collect()) {
            errors.push_back(letter.error);
            offsets.push_back(letter.record.offset);
        }
    });
    std::vector<std::pair<std::optional<std::string>, std::optional<int>>> own;
    createDirectStream<std::optional<std::string>, std::optional<int>>(ssc, subscribe({topic}), options, {}, [](std::string_view value) {
        return static_cast<int>(value.size());
    }) | foreachRDD([&](auto batch) { own = batch | collect(); });
    std::string failure;
    createDirectStream<std::string, std::int64_t>(ssc, subscribe({topic}), options) |
        foreachRDD([&](auto batch) { failure = errorOf([&] { static_cast<void>(batch | collect()); }); });
    harness.start();
    harness.advance(1s);
    CHECK(ranges == Ranges{{topic, 0, 0, 5}});
    CHECK(sums == std::vector<std::pair<std::string, std::int64_t>>{{"a", 14}, {"", 7}});
    auto const at = "topic " + topic + ", partition 0, offset ";
    CHECK(errors == Texts{at + "1: value: a number of 8 bytes is expected, there are 9", at + "3: value: there is none"});
    CHECK(offsets == std::vector<std::int64_t>{1, 3});
    CHECK(own == decltype(own){{"a", 8}, {"b", 9}, {std::nullopt, 8}, {"c", std::nullopt}, {"a", 8}});
    CAPTURE(failure);
    CHECK(failure.find("sluice::kafka::createDirectStream (") != std::string::npos);
    CHECK(failure.find(errors.at(0)) != std::string::npos);
}

TEST_CASE("topics for examples/kafka_word_count, and for the others beside it")
{
    theWriter().create("example-words", 2);
    theWriter().create("example-lines", 4);
    theWriter().create("example-totals", 1);
    theWriter().create("example-counts", 2);
    theWriter().write("example-words", 0, {"never say"});
    theWriter().write("example-words", 1, {"never more"});
}

TEST_SUITE_END();
