#pragma once

#include <sluice/batch/dead_letter.hpp>
#include <sluice/codec/binary.hpp>
#include <sluice/kafka/direct_stream.hpp>

#include <optional>

namespace sluice::inline SLUICE_ABI {

namespace kafka {

/// How the bytes of a key or a value become a T, as Kafka's own serialisers write them: text as it is, integers and floating-point numbers
/// with their highest byte first, in as many bytes as they have. Any other T: `decode<T>`, the library's binary form. Bytes that are none
/// are an error.
///
/// ```cpp
/// CHECK(kafka::Deserialiser<std::int32_t>{}("\0\0\1\2"sv) == 258);
/// CHECK(kafka::Deserialiser<std::vector<int>>{}(encode(std::vector{1, 2})) == std::vector{1, 2});
/// ```
template <class T>
struct Deserialiser {
    T operator()(std::string_view bytes) const
    {
        if constexpr (std::is_same_v<T, std::string_view> || std::is_same_v<T, std::string>) {
            return T(bytes);
        } else if constexpr (std::is_arithmetic_v<T>) {
            if (bytes.size() != sizeof(T)) refuse(bytes.size());
            char swapped[sizeof(T)];
            for (std::size_t i = 0; i < sizeof(T); ++i) swapped[i] = bytes[sizeof(T) - 1 - i];
            T number;
            sluice::detail::getNumber(swapped, number);
            return number;
        } else {
            return decode<T>(bytes);
        }
    }

private:
    [[noreturn]] SLUICE_COLD static void refuse(std::size_t size)
    {
        throw StreamError{sluice::detail::concat({"a number of ", sluice::detail::Digits{sizeof(T)}.text(),
                                                  " bytes is expected, there are ", sluice::detail::Digits{size}.text()})};
    }
};

}  // namespace kafka

namespace detail {

/// What a key or value is taken for that a message does not have.
template <class T, class F>
T kafkaValue(F const& of, std::string_view bytes, bool has)
{
    if constexpr (OptionalOf<T>::value) {
        if (!has) return {};
    } else if constexpr (!std::is_constructible_v<T, std::string_view>) {
        if (!has) throw StreamError{"there is none"};
    }
    return of(bytes);
}

template <class T>
using KafkaDeserialiser = kafka::Deserialiser<typename OptionalOf<T>::Element>;

/// What becomes of messages.
template <class K, class V, class KeyOf, class ValueOf>
struct KafkaTyping {
    KeyOf keyOf;
    ValueOf valueOf;
    std::optional<DeadLetters<kafka::OwnedRecord>> letters;
    Label label;

    /// None: it is a letter.
    [[nodiscard]] std::optional<std::pair<K, V>> operator()(kafka::Record const& record) const
    {
        char const* part = "key";
        try {
            auto key = kafkaValue<K>(keyOf, record.key, record.hasKey);
            part = "value";
            return std::pair<K, V>{std::move(key), kafkaValue<V>(valueOf, record.value, record.hasValue)};
        } catch (...) {
            bad(record, part);
        }
        return {};
    }

private:
    /// In a catch block.
    SLUICE_COLD void bad(kafka::Record const& record, char const* part) const
    {
        auto const text = concat({kafkaName({std::string(record.topic), record.partition}), ", offset ", Digits{record.offset}.text(), ": ",
                                  part, ": ", errorText(std::current_exception())});
        if (!letters) throw StreamError{label, text};
        letters->put({OwnedAs<kafka::Record>::own(record), text, label.at});
    }
};

/// Messages as pairs.
template <class K, class V, class KeyOf, class ValueOf>
class KafkaPairs {
public:
    using Typing = KafkaTyping<K, V, KeyOf, ValueOf>;
    using Record = std::pair<K, V>;
    static constexpr bool stored = false;
    static constexpr bool stable = true;  // views show what lies in the batch

    KafkaPairs(KafkaRecords records, Counted<Box<Typing>> typing) : records_(std::move(records)), typing_(std::move(typing)) {}

    [[nodiscard]] static constexpr bool resumable() { return true; }
    [[nodiscard]] std::size_t partitions() const { return records_.partitions(); }
    [[nodiscard]] bool isEmpty(std::size_t p) const { return records_.isEmpty(p); }
    [[nodiscard]] EnginePlace const& place() const { return records_.place(); }
    void prepare() const {}

    template <class Sink>
    std::size_t each(std::size_t p, std::size_t from, Sink& sink) const
    {
        Step<Sink> step{&typing_->value, static_cast<Sink&&>(sink)};
        auto const at = records_.each(p, from, step);
        sink = static_cast<Sink&&>(step.next);
        return at;
    }

private:
    template <class Sink>
    struct Step {
        Typing const* typing;
        Sink next;
        bool operator()(kafka::Record const& record)
        {
            auto pair = (*typing)(record);
            return !pair || next(*std::move(pair));
        }
    };

    KafkaRecords records_;
    Counted<Box<Typing>> typing_;
};

template <class Typing, class Pairs>
struct KafkaTypedSource : KafkaSource {
    Counted<Box<Typing>> typing;

    auto batch(Time t, std::int64_t most) { return typed(direct->batch(t, most)); }
    auto batch(Time t, std::string_view end) { return typed(direct->batch(t, end)); }

private:
    template <class R>
    auto typed(std::optional<R> batch) const
    {
        return std::optional{rddOf(Pairs{(*std::move(batch)).node(), typing})};
    }
};

template <class K, class V, class KeyOf, class ValueOf>
auto kafkaTyped(Graph const& graph, kafka::Subscription subscription, kafka::Options const& options, KeyOf keyOf, ValueOf valueOf,
                std::optional<DeadLetters<kafka::OwnedRecord>> letters, CallSite at)
{
    using Typing = KafkaTyping<K, V, KeyOf, ValueOf>;
    Label const label{"kafka::createDirectStream", at};
    auto typing = makeCounted<Box<Typing>>(Typing{std::move(keyOf), std::move(valueOf), std::move(letters), label});
    return pullFrom(graph, label,
                    KafkaTypedSource<Typing, KafkaPairs<K, V, KeyOf, ValueOf>>{
                        {makeCounted<KafkaDirect>(graph.core(), label, std::move(subscription), options)}, std::move(typing)});
}

}  // namespace detail

namespace kafka {

/// As `createDirectStream`, with pairs of a key and a value in place of records:
/// `createDirectStream<K, V>(context, subscription, options)`.
///
/// keyOf and valueOf make them of the bytes, a `std::string_view` which lasts as long as the batch; they are called as const, by several
/// threads at once, and are `Deserialiser`s where nothing is said. A K or V that is a `std::optional` may be missing; text that is missing
/// is empty; anything else that is missing is an error, as is what they throw: it fails the batch, and names topic, partition and offset.
/// `offsetRanges` and `commitAsync` are as ever.
///
/// ```cpp
/// StreamingContext ssc{{.master = "local[2]"}, 1s};
/// auto sums = kafka::createDirectStream<std::string_view, std::int64_t>(ssc, kafka::subscribe({"sales"}), {.brokers = "localhost:9092"}) |
///             reduceByKey(std::plus{});
/// auto lengths = kafka::createDirectStream<std::string, int>(ssc, kafka::subscribe({"words"}), {.brokers = "localhost:9092"}, {},
///                                                            [](std::string_view value) { return static_cast<int>(value.size()); });
/// static_assert(std::is_same_v<decltype(lengths)::Value, std::pair<std::string, int>>);
/// CHECK(sums.slideDuration() == lengths.slideDuration());
/// ```
template <class K, class V, class KeyOf = sluice::detail::KafkaDeserialiser<K>, class ValueOf = sluice::detail::KafkaDeserialiser<V>>
[[nodiscard]] auto createDirectStream(Graph const& graph, Subscription subscription, Options const& options, KeyOf keyOf = {},
                                      ValueOf valueOf = {}, CallSite at = CallSite::here())
{
    return sluice::detail::kafkaTyped<K, V>(graph, std::move(subscription), options, std::move(keyOf), std::move(valueOf), {}, at);
}

/// The same, and messages that cannot be deserialised are letters, whose errors name topic, partition and offset.
///
/// ```cpp
/// StreamingContext ssc{{.master = "local[2]"}, 1s};
/// auto [letters, failed] = deadLetters<kafka::OwnedRecord>(ssc);
/// auto const subscription = kafka::subscribe({"sales"});
/// auto sales = kafka::createDirectStream<std::string_view, std::int64_t>(ssc, subscription, {.brokers = "localhost:9092"}, letters);
/// failed | foreachRDD([](auto batch) { batch | foreach([](auto const& letter) { std::puts(letter.error.c_str()); }); });
/// CHECK(sales.slideDuration() == 1s);
/// ```
template <class K, class V, class KeyOf = sluice::detail::KafkaDeserialiser<K>, class ValueOf = sluice::detail::KafkaDeserialiser<V>>
[[nodiscard]] auto createDirectStream(Graph const& graph, Subscription subscription, Options const& options,
                                      DeadLetters<OwnedRecord> letters, KeyOf keyOf = {}, ValueOf valueOf = {},
                                      CallSite at = CallSite::here())
{
    return sluice::detail::kafkaTyped<K, V>(graph, std::move(subscription), options, std::move(keyOf), std::move(valueOf),
                                            std::optional{std::move(letters)}, at);
}

}  // namespace kafka
}  // namespace sluice::inline SLUICE_ABI
