#pragma once

#include "broker.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

// What is in topics, as a reader finds it that has nothing of the library.

namespace kafka_test {

using Values = std::vector<std::string>;

/// A message of a partition.
struct Found {
    std::optional<std::string> key;
    std::optional<std::string> value;

    friend bool operator==(Found const&, Found const&) = default;
};
inline std::vector<Found> contentOf(std::string const& topic, std::int32_t partition, char const* isolation = "read_committed")
{
    char why[512];
    auto* const conf = rd_kafka_conf_new();
    for (auto const& [name, value] : Settings{{"bootstrap.servers", brokers()},
                                              {"group.id", "reader"},
                                              {"enable.partition.eof", "true"},
                                              {"fetch.wait.max.ms", "10"},
                                              {"isolation.level", isolation}})
        REQUIRE(rd_kafka_conf_set(conf, name.c_str(), value.c_str(), why, sizeof why) == RD_KAFKA_CONF_OK);
    auto* const reader = rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, sizeof why);
    auto* const named = rd_kafka_topic_new(reader, topic.c_str(), nullptr);
    struct rd_kafka_metadata const* metadata = nullptr;
    check(rd_kafka_metadata(reader, 0, named, &metadata, patience));
    rd_kafka_metadata_destroy(metadata);
    rd_kafka_topic_destroy(named);
    auto* const list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, topic.c_str(), partition)->offset = RD_KAFKA_OFFSET_BEGINNING;
    check(rd_kafka_assign(reader, list));
    rd_kafka_topic_partition_list_destroy(list);
    std::vector<Found> found;
    auto const text = [](void const* data, std::size_t size) {
        return data != nullptr ? std::optional{std::string(static_cast<char const*>(data), size)} : std::nullopt;
    };
    for (bool atEnd = false; !atEnd;) {
        auto* const message = rd_kafka_consumer_poll(reader, patience);
        REQUIRE(message != nullptr);
        atEnd = message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF;
        if (!atEnd) {
            if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) check(message->err);
            found.push_back({text(message->key, message->key_len), text(message->payload, message->len)});
        }
        rd_kafka_message_destroy(message);
    }
    rd_kafka_destroy_flags(reader, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    return found;
}
inline Values valuesOf(std::string const& topic, std::int32_t partition, char const* isolation = "read_committed")
{
    Values values;
    for (auto const& found : contentOf(topic, partition, isolation)) values.push_back(found.value.value_or("none"));
    return values;
}

/// Whether they are what is seen of a topic: a coordinator tells a partition of a transaction's end a little after it has told the producer.
inline bool becomes(std::string const& topic, Values const& expected)
{
    for (int i = 0; i < 1000; ++i) {
        auto const values = valuesOf(topic, 0);
        if (values.size() >= expected.size()) return values == expected;
    }
    return false;
}

}  // namespace kafka_test
