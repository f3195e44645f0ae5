#include <sluice/checkpoint.hpp>
#include <sluice/kafka.hpp>
#include <sluice/sluice.hpp>
#include <sluice/testing.hpp>

#include "broker.hpp"
#include "errors.hpp"
#include "reading.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace sluice;
using namespace std::literals;
using kafka_test::brokers;
using kafka_test::errorOf;
using kafka_test::has;
using kafka_test::theWriter;
using kafka_test::Values;
using kafka_test::valuesOf;

namespace {

/// A context that is to be a process of an application.
struct Drawn {
    testing::Harness harness;

    explicit Drawn(kafka::DistributeOptions options = {}, Config config = {.master = "inline"}) : harness(quiet(std::move(config)))
    {
        if (options.brokers.empty()) options.brokers = "127.0.0.1:1";
        if (options.applicationId.empty()) options.applicationId = "app";
        kafka::distribute(harness.context(), std::move(options));
    }
    StreamingContext& context() { return harness.context(); }

private:
    static Config quiet(Config config)
    {
        config.log = silent;
        return config;
    }
};

std::string refusal(kafka::DistributeOptions options, Config config = {.master = "inline"})
{
    return errorOf([&] {
        CHECK_THROWS_AS(Drawn(options, config), InvalidArgument);
        Drawn const drawn{options, config};
    });
}

/// What it says of what is drawn behind distribute.
template <class Draw>
std::string refused(Draw const& draw)
{
    return errorOf([&] {
        Drawn drawn;
        try {
            draw(drawn.context());
        } catch (InvalidArgument const&) {
            throw;
        } catch (...) {
            FAIL("another error");
        }
    });
}

}  // namespace

TEST_CASE("what options of an application cannot be")
{
    testing::Harness harness;
    CHECK(has(errorOf([&] { kafka::distribute(harness.context(), {.applicationId = "a"}); }),
              "DistributeOptions::brokers is empty: where is Kafka?"));
    CHECK(has(errorOf([&] { kafka::distribute(harness.context(), {.brokers = "127.0.0.1:1"}); }), "sluice::kafka::distribute ("));
    CHECK(has(errorOf([&] { kafka::distribute(harness.context(), {.brokers = "127.0.0.1:1"}); }),
              "DistributeOptions::applicationId is empty: which application is it?"));
    CHECK(has(refusal({.applicationId = "a b"}), "letters, digits, '.', '_' and '-' alone, got a b"));
    CHECK(has(refusal({.sessionTimeout = 100ms}), "DistributeOptions::sessionTimeout must be 1 s at least, got 100 ms"));
    CHECK(has(
        refusal({.maxPollInterval = 5s}),
        "DistributeOptions::maxPollInterval must be no less than sessionTimeout, which is 6000 ms, and longer than the batch interval"));
    CHECK(has(refusal({.transactionTimeout = 0s}), "DistributeOptions::transactionTimeout must be 1 s at least"));
    CHECK(has(refusal({.assignmentStrategy = "sticky"}), "DistributeOptions::assignmentStrategy is range or roundrobin, got sticky"));
    CHECK(has(refusal({.assignmentStrategy = "cooperative-sticky"}), "cooperative-sticky is not supported"));
    CHECK(has(refusal({.timeout = 0s}), "DistributeOptions::timeout must be positive"));
    CHECK(has(refusal({.properties = {{"group.id", "b"}}}),
              "the property group.id is not one for DistributeOptions::properties: DistributeOptions::applicationId says it"));
    CHECK(has(refusal({.properties = {{"no.such.property", "1"}}}), "librdkafka refuses no.such.property = 1"));
    CHECK(has(refusal({.producerProperties = {{"transactional.id", "b"}}}), "DistributeOptions::instanceId says it"));
    CHECK(has(refusal({}, {.master = "inline", .onBatchFailure = retry(1)}), "Config::onBatchFailure must be stop, without a retry"));
    CHECK(has(refusal({}, {.master = "inline", .onBatchFailure = proceed}), "Config::onBatchFailure must be stop, without a retry"));
}

TEST_CASE("what an application decides for all is not said by one of its streams or outputs")
{
    auto const read = [](kafka::Subscription const& subscription, kafka::Options const& options) {
        return refused([=](StreamingContext& ssc) { static_cast<void>(kafka::createDirectStream(ssc, subscription, options)); });
    };
    CHECK(has(read(kafka::assign({{"t", 0}}), {}),
              "assign(…) says itself which partitions are read, and in a context of sluice::kafka::distribute ("));
    CHECK(has(read(kafka::subscribe({"t"}), {.groupId = "g"}), "Options::groupId is left out in a context of sluice::kafka::distribute ("));
    CHECK(has(read(kafka::subscribe({"t"}), {.brokers = "other:1"}), "Options::brokers is left out in a context of"));
    auto const write = [](kafka::ProducerOptions const& options, std::string const& topic = "t") {
        return refused([=](StreamingContext& ssc) { testing::literalStream<std::string>(ssc, {}) | kafka::writeTo(topic, options); });
    };
    CHECK(has(write({.transactionalId = "t"}),
              "ProducerOptions::transactionalId is left out, since all outputs of the context write by the "
              "producer of sluice::kafka::distribute ("));
    CHECK(has(write({.brokers = "other:1"}), "ProducerOptions::brokers is left out"));
    CHECK(
        has(write({.properties = {{"linger.ms", "1"}}}), "ProducerOptions::properties are given as DistributeOptions::producerProperties"));
    CHECK(has(write({}, ""), "the topic has no name"));
    CHECK(has(refused([](StreamingContext& ssc) {
                  static_cast<void>(kafka::createDirectStream(ssc, kafka::subscribe({"a", "b"}), {}));
                  static_cast<void>(kafka::createDirectStream(ssc, kafka::subscribe({"c", "b"}), {}));
              }),
              "topic b is read by sluice::kafka::createDirectStream ("));
}

TEST_CASE("nothing else keeps what lasts, or commits, and distribute comes first")
{
    struct Sink : TransactionalSink {
        void commit(Time) override {}
    };
    Sink sink;
    kafka::DistributeOptions const options{.brokers = "127.0.0.1:1", .applicationId = "a"};
    CHECK(has(refused([&](StreamingContext& ssc) { kafka::distribute(ssc, options); }),
              "it is a process of an application already, by sluice"));
    CHECK(has(refused([&](StreamingContext& ssc) { checkpoint(ssc, "/tmp/sluice-never"); }),
              "what lasts in this context is kept already, by sluice::kafka::distribute ("));
    CHECK(has(refused([&](StreamingContext& ssc) { commitWith(ssc, sink); }),
              "the batches of this context are committed by sluice::kafka::distribute ("));
    testing::Harness harness;
    commitWith(harness.context(), sink);
    CHECK(has(errorOf([&] { kafka::distribute(harness.context(), options); }), "commitWith was called before"));
    testing::Harness late;
    static_cast<void>(kafka::createDirectStream(late.context(), kafka::subscribe({"a"}), {.brokers = "127.0.0.1:1"}));
    CHECK(has(errorOf([&] { kafka::distribute(late.context(), options); }),
              "it comes before what reads topics and writes to them, and so before sluice::kafka::createDirectStream ("));
}

TEST_CASE("what is not divided, or not kept, is refused by start")
{
    Drawn whole;
    testing::literalStream<std::string>(whole.context(), {}) | print();
    CHECK(has(errorOf([&] { whole.harness.start(); }),
              "direct streams of Kafka alone are divided among processes; each of them would read all of"));
    Drawn unkept;
    kafka::createDirectStream(unkept.context(), kafka::subscribe({"a"}), {}) | map(&kafka::Record::value) | countByValueAndWindow(2s, 1s) |
        print();
    CHECK(has(errorOf([&] { unkept.harness.start(); }),
              "what later batches depend on must be kept, too: write `| named(\"…\") | checkpoint()`"));
}

TEST_CASE("operators by key are refused by start where their keys are in several processes")
{
    Drawn drawn;
    kafka::createDirectStream(drawn.context(), kafka::subscribe({"a"}), {}) | map(&kafka::Record::value) | countByValue() | print();
    auto const error = errorOf([&] { drawn.harness.start(); });
    CHECK(has(error, "sluice::kafka::distribute ("));
    CHECK(has(error, "sluice::countByValue ("));
    CHECK(has(error, "needs all records that are equal in one process"));
    // It must be known from which partition a record is.
    Drawn united;
    auto const of = [&](char const* topic) { return kafka::createDirectStream(united.context(), kafka::subscribe({topic}), {}); };
    of("a") | unionWith(of("b")) | map([](kafka::Record const& record) { return std::pair(record.key, record.value); }) |
        kafka::partitionedByKey() | kafka::writeTo("c", {});
    CHECK(has(errorOf([&] { united.harness.start(); }),
              "must stand behind a direct stream, with operators of one record between, so that it is known"));
}

TEST_CASE("brokers that refuse fail the start")
{
    Drawn drawn{{.timeout = 300ms}};
    kafka::createDirectStream(drawn.context(), kafka::subscribe({"a"}), {}) | map(&kafka::Record::value) |
        kafka::writeTo("b", kafka::ProducerOptions{});
    CHECK_THROWS_AS(drawn.harness.start(), StreamError);
    CHECK(drawn.context().getState() == ContextState::stopped);
}

TEST_SUITE_BEGIN("broker");

namespace {

/// A process of an application that copies a topic, each record with what it is called; its partitions are those of its last batch.
struct Process {
    testing::Harness harness;
    std::mutex mutex;
    Values said;
    std::vector<std::int32_t> has;  // partitions
    std::function<void(std::string_view)> onRecord = [](std::string_view) {};

    Process(std::string const& application, kafka::Subscription const& in, std::string const& out, kafka::DistributeOptions options = {},
            Config config = {.master = "inline"}, kafka::StartingOffsets from = kafka::StartingOffsets::earliest)
        : harness(listenedTo(std::move(config)))
    {
        options.brokers = brokers();
        options.applicationId = application;
        kafka::distribute(harness.context(), std::move(options));
        auto messages = kafka::createDirectStream(harness.context(), in, {.startingOffsets = from});
        messages | foreachRDD([this](auto batch) {
            has.clear();
            for (auto const& range : kafka::offsetRanges(batch)) has.push_back(range.partition);
        });
        messages | kafka::writeTo(out,
                                  [this](kafka::Record const& record) {
                                      onRecord(record.value);
                                      return kafka::ProducerRecord{.value = std::string(record.value), .partition = record.partition};
                                  },
                                  {});
        harness.start();
    }
    void batch() { harness.advance(1s); }

private:
    Config listenedTo(Config config)
    {
        config.log = [this](LogEntry const& entry) {
            std::lock_guard const lock{mutex};
            said.push_back(entry.text);
        };
        return config;
    }
};

/// Batches of all of them, until it holds.
template <class One, class Holds>
void until(std::vector<One*> const& all, Holds const& holds)
{
    auto const end = std::chrono::steady_clock::now() + testing::Harness::patience;
    while (!holds()) {
        REQUIRE(std::chrono::steady_clock::now() < end);
        for (auto* const one : all) one->batch();
    }
}

constexpr std::int32_t four = 4;

/// What is committed of all partitions, one after another.
Values allOf(std::string const& topic, char const* isolation = "read_committed", std::int32_t partitions = four)
{
    Values all;
    for (std::int32_t p = 0; p < partitions; ++p) {
        for (auto& value : valuesOf(topic, p, isolation)) all.push_back(std::move(value));
    }
    return all;
}

/// Four partitions with numbers each, which go on from call to call.
struct Input {
    std::string topic = theWriter().topic("input", four);
    Values all[four];

    void write(int each)
    {
        for (std::int32_t p = 0; p < four; ++p) {
            Values more;
            for (int i = 0; i < each; ++i) more.push_back(std::to_string(p) + "-" + std::to_string(all[p].size() + more.size()));
            theWriter().write(topic, p, more);
            all[p].insert(all[p].end(), more.begin(), more.end());
        }
    }
    kafka::Subscription subscription() const { return kafka::subscribe({topic}); }

    /// Whether all of it is there, once and in order.
    bool isIn(std::string const& out) const
    {
        std::size_t size = 0;
        std::size_t wanted = 0;
        for (std::int32_t p = 0; p < four; ++p) {
            auto const found = valuesOf(out, p);
            REQUIRE(found.size() <= all[p].size());
            CHECK(std::equal(found.begin(), found.end(), all[p].begin()));
            size += found.size();
            wanted += all[p].size();
        }
        return size == wanted;
    }
};

using Has = std::vector<std::int32_t>;

}  // namespace

TEST_CASE("processes divide the partitions, also when one comes, and when one goes")
{
    Input input;
    auto const out = theWriter().topic("output", four);
    input.write(10);
    Process first{out, input.subscription(), out};
    until(std::vector{&first}, [&] { return first.has == Has{0, 1, 2, 3}; });
    until(std::vector{&first}, [&] { return input.isIn(out); });
    {
        Process second{out, input.subscription(), out};
        until(std::vector{&first, &second}, [&] { return first.has.size() == 2 && second.has.size() == 2; });
        auto both = first.has;
        both.insert(both.end(), second.has.begin(), second.has.end());
        std::sort(both.begin(), both.end());
        CHECK(both == Has{0, 1, 2, 3});
        input.write(10);
        until(std::vector{&first, &second}, [&] { return input.isIn(out); });
        input.write(10);
        second.harness.context().stop();  // it leaves: nobody has to miss it
    }
    until(std::vector{&first}, [&] { return first.has == Has{0, 1, 2, 3}; });
    until(std::vector{&first}, [&] { return input.isIn(out); });
}

TEST_CASE("a process whose batch lasts longer than the group waits has been replaced: what it does then does not count, and it says so")
{
    Input input;
    auto const out = theWriter().topic("output", four);
    input.write(10);
    kafka::DistributeOptions const options{.sessionTimeout = 2s, .maxPollInterval = 3s, .transactionTimeout = 60s};
    Process first{out, input.subscription(), out, options, {.master = "local[1]"}};
    until(std::vector{&first}, [&] { return input.isIn(out); });
    std::atomic<int> step{0};
    first.onRecord = [&](std::string_view value) {
        if (value != "0-12" || step.exchange(1) != 0) return;
        step.notify_all();
        step.wait(1);
    };
    input.write(10);
    first.harness.clock().advance(1s);
    step.wait(0);
    {
        Process second{out, input.subscription(), out};
        until(std::vector{&second}, [&] { return second.has == Has{0, 1, 2, 3}; });
        step = 2;
        step.notify_all();
        auto const error = errorOf([&] { first.harness.context().awaitTermination(); });
        CHECK(has(error, "sluice::kafka::distribute ("));
        CHECK(has(error, "application " + out + ": another process has taken the place of this one, whose batch does not count"));
        CHECK(first.harness.context().getState() == ContextState::stopped);
        until(std::vector{&second}, [&] { return input.isIn(out); });
    }
    CHECK(allOf(out, "read_uncommitted").size() > allOf(out).size());
}

TEST_CASE("a batch that fails is aborted, and ends the process; the next one runs its records again")
{
    Input input;
    auto const out = theWriter().topic("output", four);
    input.write(500);
    // So little is held that most of it is on the broker when it fails.
    kafka::DistributeOptions const options{.producerProperties = {{"queue.buffering.max.messages", "100"}}};
    {
        Process first{out, input.subscription(), out, options};
        first.onRecord = [](std::string_view value) {
            if (value == "3-499") throw std::runtime_error{"not this one"};
        };
        auto const error = errorOf([&] {
            until(std::vector{&first}, [&] { return first.harness.context().getState() == ContextState::stopped; });
            first.harness.context().awaitTermination();
        });
        CHECK(has(error, "sluice::kafka::writeTo ("));
        CHECK(has(error, "not this one"));
    }
    CHECK(allOf(out).empty());
    CHECK(allOf(out, "read_uncommitted").size() > 1500);
    Process second{out, input.subscription(), out};
    until(std::vector{&second}, [&] { return input.isIn(out); });
}

TEST_CASE("where nothing was committed yet the first batch says where it begins: what comes while there is no process is not lost")
{
    Input input;
    auto const out = theWriter().topic("output", four);
    auto const live = [&] {
        return std::make_unique<Process>(out, input.subscription(), out, kafka::DistributeOptions{}, Config{.master = "inline"},
                                         kafka::StartingOffsets::latest);
    };
    theWriter().write(input.topic, 0, {"old"});
    {
        auto const first = live();
        until(std::vector{first.get()}, [&] { return first->has.size() == 4; });
    }
    input.write(10);
    auto const second = live();
    until(std::vector{second.get()}, [&] { return input.isIn(out); });
}

TEST_CASE("partitions and topics that are added are divided, too, and read from their first record")
{
    auto const& writer = theWriter();
    auto const in = writer.topic("grows", 1);
    auto const out = writer.topic("output", 3);
    Process first{out,
                  kafka::subscribePattern(in + "(-more)?"),
                  out,
                  {.properties = {{"topic.metadata.refresh.interval.ms", "100"}}},
                  {.master = "inline"},
                  kafka::StartingOffsets::latest};
    until(std::vector{&first}, [&] { return first.has == Has{0}; });
    writer.addPartitions(in, 2);
    writer.write(in, 1, {"second"});
    until(std::vector{&first}, [&] { return first.has == Has{0, 1}; });
    writer.create(in + "-more", 3);
    writer.write(in + "-more", 2, {"third"});
    until(std::vector{&first}, [&] { return allOf(out, "read_committed", 3).size() == 2; });
    CHECK(allOf(out, "read_committed", 3) == Values{"second", "third"});
}

TEST_CASE("a batch whose transaction brokers have aborted, since it took too long, says so")
{
    Input input;
    auto const out = theWriter().topic("output", four);
    input.write(2);
    Process process{out, input.subscription(), out, {.transactionTimeout = 1s}};
    process.onRecord = [&](std::string_view value) {
        if (value != "0-1") return;
        // The record before, and the mark that it does not count.
        for (std::int64_t begin = 0, end = 0; end < 2;)
            rd_kafka_query_watermark_offsets(theWriter().handle, out.c_str(), 0, &begin, &end, kafka_test::patience);
    };
    auto const error = errorOf([&] {
        until(std::vector{&process}, [&] { return process.harness.context().getState() == ContextState::stopped; });
        process.harness.context().awaitTermination();
    });
    CHECK(has(error, "has taken longer than DistributeOptions::transactionTimeout, which is 1000 ms: "));
    CHECK(allOf(out).empty());
}

TEST_CASE("a second process with the instance id of another one replaces it")
{
    Input input;
    auto const out = theWriter().topic("output", four);
    Process first{out, input.subscription(), out, {.instanceId = "a"}};
    until(std::vector{&first}, [&] { return first.has.size() == 4; });
    Process second{out, input.subscription(), out, {.instanceId = "a"}};
    input.write(1);
    auto const error = errorOf([&] {
        until(std::vector{&first, &second}, [&] { return first.harness.context().getState() == ContextState::stopped; });
        first.harness.context().awaitTermination();
    });
    CHECK(has(error,
              "application " + out + ": another producer has the transactional id " + out + "-a, and has taken the place of this one"));
    until(std::vector{&second}, [&] { return input.isIn(out); });
}

TEST_CASE("topics that are not there fail the start")
{
    auto const in = theWriter().topic("input", 1);
    CHECK(has(errorOf([&] { Process{"app", kafka::subscribe({"not-there"}), in}; }),
              "topic not-there is not there, at brokers " + brokers()));
    CHECK(has(errorOf([&] { Process{"app", kafka::subscribe({in}), "not-there"}; }),
              "topic not-there is not there, at brokers " + brokers()));
}

namespace {

/// Counts the records of each key of a topic that is partitioned by it, and writes each count.
struct Counting {
    testing::Harness harness;
    std::mutex mutex;
    Values said;
    std::vector<std::int32_t> has;

    Counting(std::string const& application, std::string const& in, std::string const& out, bool standby = false)
        : harness({.master = "local[2]", .log = [this](LogEntry const& entry) {
                       std::lock_guard const lock{mutex};
                       said.push_back(entry.text);
                   }})
    {
        auto& ssc = harness.context();
        kafka::distribute(ssc, {.brokers = brokers(), .applicationId = application, .standby = standby});
        auto records = kafka::createDirectStream(ssc, kafka::subscribe({in}), {.startingOffsets = kafka::StartingOffsets::earliest});
        records | foreachRDD([this](auto batch) {
            std::lock_guard const lock{mutex};
            has.clear();
            for (auto const& range : kafka::offsetRanges(batch)) has.push_back(range.partition);
        });
        auto const count = [](std::string_view key, std::optional<int>, State<int>& state) {
            state.update(state.getOption().value_or(0) + 1);
            return std::pair(std::string(key), std::to_string(state.get()));
        };
        records | map([](kafka::Record const& record) { return std::pair(std::string(record.key), 1); }) | kafka::partitionedByKey() |
            mapWithState(StateSpec{count}) | named("counts") | checkpoint() | kafka::writeTo(out, {});
        harness.start();
    }
    void batch() { harness.advance(1s); }
    std::size_t partitions()
    {
        std::lock_guard const lock{mutex};
        return has.size();
    }
};

/// Writes each of so many keys once more; each count must be there then, once and in its order.
struct Keys {
    std::string in = theWriter().topic("keys", four);
    std::string out = theWriter().topic("counts", four);
    int times = 0;

    void write()
    {
        for (int i = 0; i < 50; ++i) {
            auto const key = "key " + std::to_string(i);
            theWriter().send(in, detail::kafkaPartition(key, four), {.key = key, .value = "v"});
        }
        theWriter().flush();
        ++times;
    }
    [[nodiscard]] bool areCounted() const
    {
        std::map<std::string, int> counts;
        std::size_t all = 0;
        for (std::int32_t p = 0; p < four; ++p) {
            for (auto const& found : kafka_test::contentOf(out, p)) {
                CHECK(found.value == std::to_string(++counts[found.key.value()]));
                ++all;
            }
        }
        return all >= static_cast<std::size_t>(50 * times);
    }
};

}  // namespace

TEST_CASE("states go to the process that has their partitions, and are there before its first batch")
{
    Keys keys;
    keys.write();
    auto first = std::make_unique<Counting>(keys.out, keys.in, keys.out);
    until(std::vector{first.get()}, [&] { return keys.areCounted(); });
    Counting second{keys.out, keys.in, keys.out};
    until(std::vector{first.get(), &second}, [&] { return first->partitions() == 2 && second.partitions() == 2; });
    keys.write();
    until(std::vector{first.get(), &second}, [&] { return keys.areCounted(); });
    first->harness.context().stop();
    keys.write();
    until(std::vector{&second}, [&] { return keys.areCounted(); });
    Counting third{keys.out, keys.in, keys.out};
    keys.write();
    until(std::vector{&second, &third}, [&] { return third.partitions() == 2 && keys.areCounted(); });
    std::lock_guard const lock{second.mutex};
    CHECK(std::any_of(second.said.begin(), second.said.end(),
                      [](auto const& text) { return text.find(" states of 2 partitions were read in ") != std::string::npos; }));
}

TEST_CASE("with standby copies who takes partitions over has read their states already, but for the rest")
{
    Keys keys;
    keys.write();
    auto first = std::make_unique<Counting>(keys.out, keys.in, keys.out, true);
    Counting second{keys.out, keys.in, keys.out, true};
    std::vector const both{first.get(), &second};
    until(both, [&] { return first->partitions() == 2 && second.partitions() == 2 && keys.areCounted(); });
    // What the first one has is followed by the second.
    std::size_t others = 0;
    for (int i = 0; i < 50; ++i) {
        auto const partition = detail::kafkaPartition("key " + std::to_string(i), four);
        others += std::find(second.has.begin(), second.has.end(), partition) == second.has.end() ? 1 : 0;
    }
    auto* const standby = detail::kafkaApplicationOf(*second.harness.context().core())->standby();
    REQUIRE(standby != nullptr);
    until(both, [&] { return standby->held().keys == others && standby->held().whole == 2; });
    keys.write();
    until(both, [&] { return keys.areCounted(); });
    first->harness.context().stop();
    keys.write();
    until(std::vector{&second}, [&] { return keys.areCounted(); });
    CHECK(standby->held().keys == 0);  // nobody else has any
    std::lock_guard const lock{second.mutex};
    // Two, and its own where it was without them meanwhile.
    CHECK(std::any_of(second.said.begin(), second.said.end(), [](auto const& text) {
        auto const at = text.find(" of them followed before");
        return at != std::string::npos && text[at - 1] >= '2';
    }));
}

TEST_CASE("what says that it is partitioned by key, and is not, fails the batch")
{
    Keys keys;
    auto const place = detail::kafkaPartition("key 1", four);
    theWriter().send(keys.in, (place + 1) % four, {.key = "key 1", .value = "v"});
    theWriter().flush();
    Counting one{keys.out, keys.in, keys.out};
    auto const failed = errorOf([&] {
        for (int i = 0; i < 60; ++i) one.batch();
        one.harness.context().awaitTermination();
    });
    CHECK(has(failed, "sluice::kafka::partitionedByKey ("));
    CHECK(has(failed, "has a key that belongs to partition " + std::to_string(place) + " of 4"));
}

TEST_SUITE_END();
