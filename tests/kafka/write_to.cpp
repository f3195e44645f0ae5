#include <sluice/io/socket.hpp>
#include <sluice/kafka.hpp>
#include <sluice/sluice.hpp>
#include <sluice/testing.hpp>

#include "../checkpoint/lives.hpp"
#include "../io/temporary.hpp"
#include "broker.hpp"
#include "errors.hpp"
#include "reading.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <poll.h>

using namespace sluice;
using namespace std::literals;
using kafka::ProducerOptions;
using kafka::ProducerRecord;
using kafka_test::becomes;
using kafka_test::brokers;
using kafka_test::contentOf;
using kafka_test::errorOf;
using kafka_test::Found;
using kafka_test::has;
using kafka_test::theWriter;
using kafka_test::valuesOf;
using kafka_test::Writer;

namespace {

/// What writeTo says.
std::string refusal(ProducerOptions const& options, std::string const& topic = "t")
{
    return errorOf([&] {
        testing::Harness harness;
        auto const words = testing::literalStream<std::string>(harness.context(), {});
        CHECK_THROWS_AS(words | kafka::writeTo(topic, options), InvalidArgument);
        words | kafka::writeTo(topic, options);
    });
}

using Lines = testing::Batches<std::string>;
using Make = std::function<ProducerRecord(std::string const&)>;

/// A program that writes lines to a topic, as they are or as what is made of them.
struct Program {
    testing::Harness harness;
    Texts said;
    std::mutex mutex;

    Program(Lines batches, std::string const& topic, ProducerOptions options, Config config = {.master = "inline"},
            std::size_t partitions = 1)
        : harness(listenedTo(std::move(config)))
    {
        testing::literalStream<std::string>(harness.context(), std::move(batches), partitions) | kafka::writeTo(topic, std::move(options));
        harness.start();
    }
    Program(Lines batches, std::string const& topic, Make make, ProducerOptions options, Config config = {.master = "inline"},
            std::size_t partitions = 1)
        : harness(listenedTo(std::move(config)))
    {
        testing::literalStream<std::string>(harness.context(), std::move(batches), partitions) |
            kafka::writeTo(topic, std::move(make), std::move(options));
        harness.start();
    }
    void batch() { harness.advance(1s); }
    std::string failure()
    {
        return errorOf([this] {
            batch();
            harness.context().awaitTermination();
        });
    }

    Config listenedTo(Config config)
    {
        config.log = [this](LogEntry const& entry) {
            std::lock_guard const lock{mutex};
            said.push_back(entry.text);
        };
        return config;
    }
};

ProducerOptions toBroker(ProducerOptions options = {})
{
    options.brokers = brokers();
    return options;
}

}  // namespace

TEST_CASE("what options of a producer cannot be: by name, and with librdkafka's reason")
{
    std::string const at = "127.0.0.1:1";
    CHECK(has(refusal({.brokers = ""}), "sluice::kafka::writeTo ("));
    CHECK(has(refusal({.brokers = ""}), "ProducerOptions::brokers is empty: where is Kafka?"));
    CHECK(has(refusal({.brokers = at}, ""), "the topic has no name"));
    CHECK(has(refusal({.brokers = at, .timeout = 0s}), "ProducerOptions::timeout must be positive"));
    auto const with = [&](std::string const& name, std::string const& value) {
        return refusal({.brokers = at, .properties = {{name, value}}});
    };
    CHECK(has(with("no.such.property", "1"),
              "librdkafka refuses no.such.property = 1: No such configuration property: \"no.such.property\""));
    CHECK(has(with("compression.type", "best"), "librdkafka refuses compression.type = best: Invalid value"));
    CHECK(has(with("transactional.id", "x"),
              "transactional.id is not one for ProducerOptions::properties: ProducerOptions::transactionalId"));
    CHECK(has(with("message.timeout.ms", "1"), "ProducerOptions::timeout says it"));
    CHECK(has(with("enable.idempotence", "false"), "the output is always idempotent"));
}

TEST_CASE("texts, bytes, optionals and pairs of them are messages; what is empty is not what is missing")
{
    using detail::isKafkaMessage;
    using detail::kafkaBytes;
    static_assert(isKafkaMessage<std::string> && isKafkaMessage<std::string_view> && isKafkaMessage<char const*>);
    static_assert(isKafkaMessage<std::vector<std::byte>> && isKafkaMessage<std::vector<unsigned char>> &&
                  isKafkaMessage<std::vector<char>>);
    static_assert(isKafkaMessage<std::optional<std::string>> &&
                  isKafkaMessage<std::pair<std::string const, std::optional<std::string_view>>>);
    static_assert(isKafkaMessage<ProducerRecord>);
    static_assert(!isKafkaMessage<int> && !isKafkaMessage<std::pair<std::string, int>> && !isKafkaMessage<std::vector<int>>);
    static_assert(!isKafkaMessage<std::pair<std::string, std::pair<std::string, std::string>>> &&
                  !isKafkaMessage<std::vector<std::string>>);
    CHECK(kafkaBytes(std::string_view{}).data != nullptr);
    CHECK(kafkaBytes(std::vector<std::byte>{}).data != nullptr);
    CHECK(kafkaBytes(std::optional<std::string>{}).data == nullptr);
    CHECK(kafkaBytes(static_cast<char const*>(nullptr)).data == nullptr);
    CHECK(kafkaBytes(std::optional{"abc"s}).size == 3);
    CHECK(kafkaBytes(std::vector<std::byte>(5)).size == 5);
}

TEST_CASE("brokers that refuse fail the batch, which says who was asked, how long, and what they said")
{
    Program program{{{"a"}}, "t", {.brokers = "127.0.0.1:1", .timeout = 300ms}};
    auto const error = program.failure();
    CHECK(has(error, "sluice::kafka::writeTo ("));
    CHECK(has(error, "brokers 127.0.0.1:1 did not tell of a topic within 300 ms: "));
    CHECK(has(error, "Connection refused"));
}

TEST_CASE("a stop that does not wait ends the waiting for brokers that keep silent")
{
    io::Listener const server;  // nobody accepts, but the kernel
    ManualClock clock;
    StreamingContext ssc{{.master = "local[2]", .clock = clock, .log = silent}, 1s};
    testing::literalStream<std::string>(ssc, {{"a"}}, 1) |
        kafka::writeTo("t", {.brokers = "127.0.0.1:" + std::to_string(server.port()), .timeout = std::chrono::hours{24}});
    ssc.start();
    clock.advance(1s);
    ::pollfd asked{server.fd(), POLLIN, 0};
    CHECK(::poll(&asked, 1, kafka_test::patience) == 1);
    ssc.stop();
    CHECK(ssc.getState() == ContextState::stopped);
}

TEST_SUITE_BEGIN("broker");

TEST_CASE("keys, values, and what has none: also what is empty, and bytes that are no text")
{
    auto const topic = theWriter().topic("forms", 1);
    using Pair = std::pair<std::optional<std::string>, std::optional<std::string>>;
    {
        testing::Harness harness;
        testing::literalStream<Pair>(harness.context(), {{{"k", "v"}, {"", ""}, {"deleted", std::nullopt}, {std::nullopt, "\0\xff"s}}, {}},
                                     1) |
            kafka::writeTo(topic, toBroker());
        harness.start();
        harness.advance(1s);
        harness.advance(1s);  // an empty one
    }
    CHECK(contentOf(topic, 0) == std::vector<Found>{{"k", "v"}, {"", ""}, {"deleted", {}}, {{}, "\0\xff"s}});
    Program program{{{"text"}}, topic, toBroker()};
    program.batch();
    CHECK(contentOf(topic, 0).back() == Found{{}, "text"});
    CHECK(program.said.empty());
}

TEST_CASE("what a function makes of a record: a message with headers, a time and a partition")
{
    auto const topic = theWriter().topic("made", 2);
    auto const made = [](std::string const& text) {
        return ProducerRecord{.key = "k", .value = text, .partition = 1, .timestamp = Time{5s}, .headers = {{"a", "1"}, {"b", {}}}};
    };
    Program program{{{"v"}}, topic, made, toBroker()};
    program.batch();
    testing::Harness harness;
    std::vector<kafka::OwnedRecord> records;
    kafka::createDirectStream(harness.context(), kafka::subscribe({topic}),
                              {.brokers = brokers(), .startingOffsets = kafka::StartingOffsets::earliest}) |
        foreachRDD([&](auto batch) { records = batch | collect(); });
    harness.start();
    harness.advance(1s);
    REQUIRE(records.size() == 1);
    CHECK(records[0].key == "k");
    CHECK(records[0].value == "v");
    CHECK(records[0].partition == 1);
    CHECK(records[0].timestamp == Time{5s});
    CHECK(records[0].headers == std::vector<std::pair<std::string, std::optional<std::string>>>{{"a", "1"}, {"b", {}}});
}

TEST_CASE("a key has the partition of Java's clients; without one a partition of the batch has one of Kafka's, another one in each batch")
{
    auto const topic = theWriter().topic("places", 4);
    Texts words;
    for (int i = 0; i < 100; ++i) words.push_back(std::to_string(i));
    {
        auto const keyed = [](std::string const& text) { return ProducerRecord{.key = text, .value = text}; };
        Program program{{words}, topic, keyed, toBroker(), {.master = "local[2]"}, 3};
        program.batch();
    }
    std::size_t all = 0;
    for (std::int32_t p = 0; p < 4; ++p) {
        for (auto const& found : contentOf(topic, p)) {
            ++all;
            CHECK(rd_kafka_msg_partitioner_murmur2(nullptr, found.key->data(), found.key->size(), 4, nullptr, nullptr) == p);
        }
    }
    CHECK(all == 100);
    auto const plain = theWriter().topic("plain", 4);
    Program program{{{"a", "b", "c", "d"}, {"e"}}, plain, toBroker(), {.master = "local[2]"}, 2};
    program.batch();
    CHECK(valuesOf(plain, 1) == Texts{"a", "b"});  // of the batch at 1 s
    CHECK(valuesOf(plain, 2) == Texts{"c", "d"});
    program.batch();
    CHECK(valuesOf(plain, 0).size() + valuesOf(plain, 3).size() == 1);
}

TEST_CASE("a full queue waits, and drops nothing")
{
    auto const topic = theWriter().topic("full", 1);
    Texts many;
    for (int i = 0; i < 5000; ++i) many.push_back(std::to_string(i));
    Program program{{many}, topic, toBroker({.properties = {{"queue.buffering.max.messages", "100"}}})};
    program.batch();
    CHECK(program.said.empty());
    CHECK((valuesOf(topic, 0) == many));
}

TEST_CASE("what is not delivered fails the batch: topic, partition, reason and how many")
{
    auto const topic = theWriter().topic("small", 2, {{"max.message.bytes", "2000"}});
    Program program{{{"a"}, {"b", std::string(3000, 'x')}}, topic, toBroker({.properties = {{"batch.num.messages", "1"}}})};
    program.batch();
    auto const error = program.failure();
    CHECK(has(error, "sluice::kafka::writeTo ("));
    CHECK(has(error,
              "topic " + topic + ", partition 0: Broker: Message size too large, for a record of 3000 bytes: 1 of 2 records of the batch"));
    CHECK(has(error, "brokers " + brokers()));
}

TEST_CASE("what librdkafka itself does not take fails the batch, too")
{
    auto const topic = theWriter().topic("refused", 1);
    Program large{{{std::string(2'000'000, 'x')}}, topic, toBroker()};
    CHECK(has(large.failure(), "topic " + topic + ": Broker: Message size too large, for a record of 2000000 bytes: 1 of 1 records"));
    auto const nowhere = [](std::string const& text) { return ProducerRecord{.value = text, .partition = 7}; };
    Program lost{{{"a", "b"}}, topic, nowhere, toBroker()};
    CHECK(has(lost.failure(), "topic " + topic + ": Local: Unknown partition, for a record of 1 bytes"));
}

TEST_CASE("a topic that is not there fails the first batch, also an empty one")
{
    Program program{{{}}, "not-there", toBroker()};
    CHECK(has(program.failure(), "topic not-there is not there, at brokers " + brokers()));
}

TEST_CASE("a topic that is deleted, and a broker that goes away, fail the batch: by the topic's name, and by what was heard last")
{
    auto const& writer = theWriter();
    auto const deleted = writer.topic("deleted", 1);
    Lines lines;
    for (int i = 0; i < 1000; ++i) lines.push_back({"a"});
    Program first{lines, deleted, toBroker()};
    first.batch();
    writer.remove(deleted);
    first.harness.await("a batch that fails", [&] {  // a broker learns a little later that a topic is gone
        first.batch();
        std::lock_guard const lock{first.mutex};
        return std::any_of(first.said.begin(), first.said.end(),
                           [&](auto const& text) { return text.find("topic " + deleted) != std::string::npos; });
    });
    auto const topic = writer.topic("gone", 1);
    Program second{{{"a"}, {"b"}}, topic, toBroker({.timeout = 1s})};
    second.batch();
    kafka_test::Frozen const frozen;
    auto const error = second.failure();
    CHECK(has(error, "topic " + topic + ", partition 0: Local: Message timed out, for a record of 1 bytes: 1 of 1 records of the batch"));
    CHECK(has(error, "brokers " + brokers()));
}

TEST_CASE("a batch that fails is written again, with what was delivered of it already: at least once")
{
    auto const topic = theWriter().topic("again", 1);
    int left = 1;
    auto const once = [&](std::string const& text) {
        if (text == "b" && left-- > 0) throw std::runtime_error{"not yet"};
        return ProducerRecord{.value = text};
    };
    Program program{{{"a", "b"}, {"c"}}, topic, once, toBroker(), {.master = "inline", .onBatchFailure = retry(1)}};
    program.batch();
    program.batch();
    auto const all = valuesOf(topic, 0);
    REQUIRE(all.size() >= 3);
    CHECK(all.size() <= 4);
    CHECK(Texts(all.end() - 3, all.end()) == Texts{"a", "b", "c"});
}

TEST_CASE("a batch is a transaction: what failed is not seen by who reads what is committed")
{
    auto const topic = theWriter().topic("whole", 1);
    Texts many;
    for (int i = 0; i < 5000; ++i) many.push_back(std::to_string(i));
    int left = 1;
    auto const once = [&](std::string const& text) {
        if (text == "4999" && left-- > 0) throw std::runtime_error{"not yet"};
        return ProducerRecord{.value = text};
    };
    // So little is held that most of it is on the broker when it fails.
    auto const options = toBroker({.transactionalId = topic, .properties = {{"queue.buffering.max.messages", "500"}}});
    Program program{{many, {}, {"last"}}, topic, once, options, {.master = "inline", .onBatchFailure = retry(1)}};
    program.batch();
    CHECK(becomes(topic, many));
    CHECK(valuesOf(topic, 0, "read_uncommitted").size() > 5000);
    program.batch();
    program.batch();
    many.push_back("last");
    CHECK(becomes(topic, many));
}

TEST_CASE("a producer that another one has replaced is fenced: its batches fail, and say so, also when they are tried again")
{
    auto const topic = theWriter().topic("fenced", 1);
    auto const options = toBroker({.transactionalId = topic});
    Program old{{{"a"}, {"lost"}}, topic, options, {.master = "inline", .onBatchFailure = retry(2)}};
    old.batch();
    Program young{{{"b"}, {"c"}}, topic, options};
    young.batch();
    auto const error = old.failure();
    CHECK(has(error, "another producer has the transactional id " + topic + ", and has taken the place of this one, which is fenced"));
    CHECK(old.harness.context().getState() == ContextState::stopped);  // as nothing else is said
    young.batch();
    CHECK(becomes(topic, Texts{"a", "b", "c"}));
}

TEST_CASE("with a checkpoint a batch that was committed, and is run again, is left out: once")
{
    auto const& writer = theWriter();
    auto const in = writer.topic("in", 2);
    auto const out = writer.topic("out", 1);
    Temporary const directory;
    auto const live = [&](int begin, int end, int diesIn = 0) {
        return OneLife{directory.path("checkpoints"), begin, end, diesIn, {.master = "inline"}, [&](auto& ssc) {
                           auto messages =
                               kafka::createDirectStream(ssc, kafka::subscribe({in}),
                                                         {.brokers = brokers(), .startingOffsets = kafka::StartingOffsets::earliest}) |
                               named("messages") | map(&kafka::Record::value);
                           messages | kafka::writeTo(out, toBroker({.transactionalId = out}));
                           return messages;
                       }};
    };
    writer.write(in, 0, {"a", "b"});
    live(100, 101);
    writer.write(in, 1, {"c"});
    live(101, 102, 102);  // dies behind the commit
    CHECK(becomes(out, Texts{"a", "b", "c"}));
    writer.write(in, 0, {"d"});
    auto const last = live(102, 103);
    CHECK(last.batches == Batches{{102, {"c"}}, {103, {"d"}}});
    CHECK(countOf(last.hints, "topic " + out + ": this batch is committed already, and is left out") == 1);
    CHECK(becomes(out, Texts{"a", "b", "c", "d"}));
}

TEST_SUITE_END();
