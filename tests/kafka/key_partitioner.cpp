#include <sluice/kafka.hpp>
#include <sluice/sluice.hpp>

#include "errors.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace sluice;
using namespace std::literals;
using detail::kafkaMurmur2;
using detail::kafkaPartition;
using kafka::KeyPartitioner;

namespace {

enum class Colour : std::uint8_t { red = 1, green = 2 };
struct Place {
    std::int16_t row;
    std::string column;
};

}  // namespace

TEST_CASE("murmur2 is that of Java's clients")
{
    // Of UtilsTest.testMurmur2 in Apache Kafka.
    CHECK(kafkaMurmur2("21") == static_cast<std::uint32_t>(-973932308));
    CHECK(kafkaMurmur2("foobar") == static_cast<std::uint32_t>(-790332482));
    CHECK(kafkaMurmur2("a-little-bit-long-string") == static_cast<std::uint32_t>(-985981536));
    CHECK(kafkaMurmur2("a-little-bit-longer-string") == static_cast<std::uint32_t>(-1486304829));
    CHECK(kafkaMurmur2("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8") == static_cast<std::uint32_t>(-58897971));
    CHECK(kafkaMurmur2("abc") == 479470107);
    // And what librdkafka says, of bytes of all kinds and each length.
    std::minstd_rand random{1};
    bool same = true;
    for (int i = 0; i < 5000; ++i) {
        std::string key(random() % 40, '\0');
        for (auto& byte : key) byte = static_cast<char>(random());
        auto const partitions = static_cast<std::int32_t>(1 + random() % 300);
        same = same && kafkaPartition(key, partitions) ==
                           ::rd_kafka_msg_partitioner_murmur2(nullptr, key.data(), key.size(), partitions, nullptr, nullptr);
    }
    CHECK(same);
}

TEST_CASE("the partition of a key is the same everywhere and for ever")
{
    // None of these numbers may ever change: topics that were written by an older version are read by this one.
    KeyPartitioner const by{1000};
    CHECK(by.partition(""sv) == 681);
    CHECK(by.partition("word"sv) == 147);
    CHECK(by.partition("word"s) == by.partition("word"sv));
    CHECK(by.partition(std::string(200, 'x')) == 333);
    CHECK(by.partition(std::int32_t{1}) == 890);
    CHECK(by.partition(std::int64_t{-1}) == 397);
    CHECK(by.partition(1.5) == 517);
    CHECK(by.partition(true) == 57);
    CHECK(by.partition(Colour::green) == 917);
    CHECK(by.partition(Time{1s}) == 302);
    CHECK(by.partition(std::pair{"ab"s, 7}) == 145);
    CHECK(by.partition(Place{3, "c"}) == 667);
    CHECK(by.partition(std::vector{1, 2}) == 104);
    // Text in a key of several parts is as long as it says.
    CHECK(by.partition(std::pair{"ab"s, "c"s}) != by.partition(std::pair{"a"s, "bc"s}));
    CHECK(KeyPartitioner{1}.partition("any"sv) == 0);
    CHECK_THROWS_AS(KeyPartitioner{0}, InvalidArgument);
    CHECK_THROWS_AS(KeyPartitioner{std::size_t{1} << 31}, InvalidArgument);
}

TEST_CASE("the bytes of a key are found in its binary form, too")
{
    using Text = detail::KafkaKeyBytes<std::string>;
    for (std::size_t const size : {0U, 1U, 127U, 128U, 20'000U}) {
        std::string const key(size, 'k');
        CHECK(Text::asWritten(encode(key), true) == key);
    }
    detail::KafkaKeyBytes<std::int32_t> numbers;
    CHECK(numbers(258) == encode(258));
    CHECK(numbers(1) == encode(1));
    CHECK(Text::asWritten(encode(258), false) == encode(258));
}
