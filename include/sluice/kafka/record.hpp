#pragma once

#include <sluice/batch/owned.hpp>
#include <sluice/codec/text.hpp>
#include <sluice/stream/time.hpp>

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <librdkafka/rdkafka.h>

namespace sluice::inline SLUICE_ABI {

namespace kafka {

/// The headers of a message: names, which may come more than once, and values, which may be missing. A view, which lasts as long as
/// the batch. They are looked at when somebody asks for them, and cost nothing otherwise.
///
/// ```cpp
/// CHECK(kafka::Headers{}.size() == 0);
/// CHECK(!kafka::Headers{}.find("trace"));
/// ```
class Headers {
public:
    Headers() = default;
    Headers(::rd_kafka_message_t const* message, std::mutex* parsing) : message_(message), parsing_(parsing) {}

    [[nodiscard]] SLUICE_COLD std::size_t size() const
    {
        auto const* const all = parsed();
        return all != nullptr ? ::rd_kafka_header_cnt(all) : 0;
    }

    /// f(name, value) for each of them, in their order: a `std::string_view` and a `std::optional` of one.
    template <class F>
    void each(F&& f) const
    {
        auto const* const all = parsed();
        char const* name = nullptr;
        void const* value = nullptr;
        std::size_t size = 0;
        for (std::size_t i = 0; all != nullptr && ::rd_kafka_header_get_all(all, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
             ++i)
            f(std::string_view{name}, valueOf(value, size));
    }

    /// The value of the last one of that name. Empty: there is none, or it has no value.
    [[nodiscard]] SLUICE_COLD std::optional<std::string_view> find(std::string_view name) const
    {
        std::optional<std::string_view> found;
        each([&](std::string_view other, std::optional<std::string_view> value) {
            if (other == name) found = value;
        });
        return found;
    }

private:
    static std::optional<std::string_view> valueOf(void const* value, std::size_t size)
    {
        if (value == nullptr) return {};
        return std::string_view{static_cast<char const*>(value), size};
    }

    /// librdkafka parses them within the message, which several jobs may look at.
    [[nodiscard]] SLUICE_COLD ::rd_kafka_headers_t const* parsed() const
    {
        if (message_ == nullptr) return nullptr;
        std::lock_guard const lock{*parsing_};
        ::rd_kafka_headers_t* all = nullptr;
        return ::rd_kafka_message_headers(message_, &all) == RD_KAFKA_RESP_ERR_NO_ERROR ? all : nullptr;
    }

    ::rd_kafka_message_t const* message_ = nullptr;
    std::mutex* parsing_ = nullptr;
};

/// A message of a topic. What it shows lies in librdkafka's own memory, which the batch keeps: nothing is copied. Beyond the batch
/// (`collect`, `cache`, windows, states) it is kept as an `OwnedRecord`; most programs map it first: `map(&kafka::Record::value)`. Its text
/// is `Record(topic: words, partition: 0, offset: 7, key: None, value: some words)`.
///
/// ```cpp
/// RDD messages = rdd({kafka::Record{.value = "some words"}}) | map(&kafka::Record::value) | flatMap(split());
/// CHECK((messages | collect()) == std::vector<std::string>{"some", "words"});
/// ```
struct Record {
    std::string_view key{};    ///< empty where there is none
    std::string_view value{};  ///< empty where there is none, which in a compacted topic says that the key is deleted
    std::string_view topic{};
    std::int32_t partition = 0;
    std::int64_t offset = 0;  ///< its place in the partition; there may be gaps
    Time timestamp{};         ///< when it was made, or appended, as the topic is set; the epoch where the broker does not tell
    bool hasKey = false;
    bool hasValue = false;
    Headers headers{};
};

/// A `Record` that owns what it shows.
///
/// ```cpp
/// auto const kept = rdd({kafka::Record{.key = "k", .value = "v", .topic = "words", .offset = 7}}) | collect();
/// static_assert(std::is_same_v<decltype(kept)::value_type, kafka::OwnedRecord>);
/// CHECK(kept[0].value == "v");
/// ```
struct OwnedRecord {
    std::string key;
    std::string value;
    std::string topic;
    std::int32_t partition = 0;
    std::int64_t offset = 0;
    Time timestamp{};
    bool hasKey = false;
    bool hasValue = false;
    std::vector<std::pair<std::string, std::optional<std::string>>> headers;

    friend bool operator==(OwnedRecord const&, OwnedRecord const&) = default;
};

}  // namespace kafka

template <>
struct OwnedAs<kafka::Record> {
    using type = kafka::OwnedRecord;
    static type own(kafka::Record const& record)
    {
        type owned{std::string(record.key),
                   std::string(record.value),
                   std::string(record.topic),
                   record.partition,
                   record.offset,
                   record.timestamp,
                   record.hasKey,
                   record.hasValue,
                   {}};
        record.headers.each([&](std::string_view name, std::optional<std::string_view> value) {
            owned.headers.emplace_back(name, value ? std::optional{std::string(*value)} : std::nullopt);
        });
        return owned;
    }
};

namespace detail {

template <>
inline constexpr bool isView<kafka::Record> = true;

/// Without headers.
template <class R>
struct KafkaRecordText {
    SLUICE_COLD static void append(std::string& out, R const& record)
    {
        out += concat({"Record(topic: ", record.topic, ", partition: ", Digits{std::int64_t{record.partition}}.text(),
                       ", offset: ", Digits{record.offset}.text(), ", key: ", record.hasKey ? std::string_view{record.key} : "None",
                       ", value: ", record.hasValue ? std::string_view{record.value} : "None", ")"});
    }
};

}  // namespace detail

template <>
struct TextOf<kafka::Record> : detail::KafkaRecordText<kafka::Record> {};
template <>
struct TextOf<kafka::OwnedRecord> : detail::KafkaRecordText<kafka::OwnedRecord> {};

}  // namespace sluice::inline SLUICE_ABI
