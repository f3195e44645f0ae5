#pragma once

#include <sluice/kafka/application.hpp>
#include <sluice/kafka/writer.hpp>
#include <sluice/outputs/foreach_rdd.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

/// Records are messages as they are.
struct KafkaAsIs {};

template <class F, class R>
struct KafkaMadeBy {
    using type = std::remove_cvref_t<CallResult<F, R>>;
};
template <class R>
struct KafkaMadeBy<KafkaAsIs, R> {
    using type = std::remove_cvref_t<R>;
};

template <class F>
struct TakesKafkaRecord {
    template <class Up>
    static constexpr bool holds =
        std::is_same_v<F, KafkaAsIs> || requires(F const& f, RecordOf<Up> record) { call(f, static_cast<RecordOf<Up>>(record)); };

    template <class Op, class Up>
    static consteval void explain()
    {
        static_assert(holds<Up>, "sluice::kafka::writeTo(topic, f, options): f must take one record of the stream, as const");
    }
};
/// Behind TakesKafkaRecord.
template <class F>
struct IsKafkaMessage {
    template <class Up>
    static constexpr bool holds = isKafkaMessage<typename KafkaMadeBy<F, RecordOf<Up>>::type>;

    template <class Op, class Up>
    static consteval void explain()
    {
        if constexpr (std::is_same_v<F, KafkaAsIs>) {
            static_assert(
                holds<Up>,
                "sluice::kafka::writeTo(topic, options): a record must be text, bytes, a pair of them (key and value), where an "
                "optional may stand for each, or a kafka::ProducerRecord: map it to one, or say how by writeTo(topic, f, options)");
        } else {
            static_assert(holds<Up>,
                          "sluice::kafka::writeTo(topic, f, options): f must make text, bytes, a pair of them (key and value), where an "
                          "optional may stand for each, or a kafka::ProducerRecord");
        }
    }
};

/// Where an output writes: by a producer of its own, or by that of an application.
class KafkaTarget {
public:
    SLUICE_COLD KafkaTarget(Counted<GraphCore> const& graph, Label const& label, std::string topic, kafka::ProducerOptions const& options)
        : interval_(graph->interval()), application_(kafkaApplicationOf(*graph))
    {
        if (application_ == nullptr) {
            own_ = makeCounted<KafkaWriter>(graph, label, std::move(topic), options);
            if (!options.transactionalId.empty()) graph->addState();  // none is left out, unless the user says so
            return;
        }
        auto const by = where(application_->label());
        auto const refuse = [&](std::initializer_list<std::string_view> why) {
            throw InvalidArgument{
                concat({where(label), ": ", concat(why), ", since all outputs of the context write by the producer of ", by})};
        };
        if (topic.empty()) throw InvalidArgument{concat({where(label), ": the topic has no name"})};
        if (!options.transactionalId.empty()) refuse({"ProducerOptions::transactionalId is left out"});
        if (!options.brokers.empty() && options.brokers != application_->options().brokers)
            refuse({"ProducerOptions::brokers is left out, or those of DistributeOptions"});
        if (!options.properties.empty()) refuse({"ProducerOptions::properties are given as DistributeOptions::producerProperties"});
        shared_ = application_->topic(topic);
    }

    [[nodiscard]] KafkaTopic& topic() const { return own_ ? own_->topic() : *shared_; }
    /// Told of the first record of each partition of a batch; null: nobody needs to be.
    [[nodiscard]] KafkaApplication* application() const { return application_; }

    /// Of the partition for what has neither key nor partition, in the first partition of batch t.
    [[nodiscard]] SLUICE_COLD std::size_t numberOf(Time t) const { return static_cast<std::size_t>(t.microseconds() / interval_.count()); }
    /// Batch t is going to be written. False: it was committed already.
    [[nodiscard]] SLUICE_COLD bool begin(Time t) const { return !own_ || own_->begin(t); }
    /// Returns when brokers have all records of batch t.
    SLUICE_COLD void finish(Time t) const
    {
        if (own_) return own_->finish(t);
        application_->deliver(*shared_);
    }
    /// The batch has failed.
    SLUICE_COLD void abandon() const
    {
        if (own_) own_->close();
    }

private:
    Duration interval_;
    KafkaApplication* application_;  // which the graph holds
    Counted<KafkaWriter> own_;
    Counted<KafkaTopic> shared_;
};

/// Gives the records of one partition to librdkafka.
template <class F>
struct KafkaSink {
    KafkaTopic* to;
    KafkaApplication* application;
    F const* f;
    std::size_t number;  // of Kafka's partition for what has no key
    Label const* label;
    std::int64_t sent = 0;

    template <class R>
    bool operator()(R&& record)
    {
        bool goesOn = true;
        if (sent == 0 && application != nullptr) application->beginTransaction();
        if constexpr (std::is_same_v<F, KafkaAsIs>) goesOn = send(record);
        else goesOn = send(callIn(*label, *f, static_cast<R&&>(record)));
        return goesOn && (++sent % 4096 != 0 || to->look());
    }

private:
    template <class T>
    bool send(T const& message)
    {
        if constexpr (std::is_same_v<T, kafka::ProducerRecord>) return to->send(message, number);
        else if constexpr (isKafkaBytes<T>) return to->send({}, kafkaBytes(message), number);
        else return to->send(kafkaBytes(message.first), kafkaBytes(message.second), number);
    }
};

template <class F>
struct KafkaOutput {
    std::string topic;
    kafka::ProducerOptions options;
    F f;
    std::optional<KafkaTarget> target{};

    [[nodiscard]] SLUICE_COLD std::string about() const { return concat({"topic ", topic}); }
};

struct KafkaWriteTo {
    static constexpr char const* spelled = "kafka::writeTo";

    template <class Output>
    static void run(Output& output, Time t)
    {
        auto const& target = *output.f.target;
        auto const& planned = *output.batch;
        try {
            if (!runIn(output.label, [&] { return target.begin(t); })) return;
            auto const first = target.numberOf(t);
            forPartitions(planned, [&](std::size_t p) {
                KafkaSink<decltype(output.f.f)> sink{&target.topic(), target.application(), &output.f.f, first + p, &output.label};
                planned.each(p, 0, sink);
                target.topic().addSent(sink.sent);
            });
            runIn(output.label, [&] { target.finish(t); });
        } catch (...) {
            target.abandon();
            throw;
        }
    }
};

template <class F>
struct KafkaWriteToOp : BatchOutputOp<KafkaWriteTo, KafkaOutput<F>, TakesKafkaRecord<F>, IsKafkaMessage<F>> {
    using Base = BatchOutputOp<KafkaWriteTo, KafkaOutput<F>, TakesKafkaRecord<F>, IsKafkaMessage<F>>;

    KafkaWriteToOp(KafkaOutput<F> output, CallSite at) : Base(std::move(output), at) {}

    template <class Node>
    void attach(Node node) const
    {
        auto mine = *this;
        mine.f.target.emplace(node.graph(), this->label, this->f.topic, this->f.options);
        static_cast<Base&&>(mine).attach(std::move(node));
    }
};

struct KafkaWriteToFn : OperatorFnBase {
    [[nodiscard]] SLUICE_COLD auto operator()(std::string topic, kafka::ProducerOptions options, CallSite at = CallSite::here()) const
    {
        return KafkaWriteToOp<KafkaAsIs>{{std::move(topic), std::move(options), {}}, at};
    }
    template <class F>
    [[nodiscard]] SLUICE_COLD auto operator()(std::string topic, F f, kafka::ProducerOptions options, CallSite at = CallSite::here()) const
    {
        return KafkaWriteToOp<F>{{std::move(topic), std::move(options), std::move(f)}, at};
    }
};

}  // namespace detail

namespace kafka {

/// Output: write each record of each batch to a topic: `kafka::writeTo(topic, options)`, or `kafka::writeTo(topic, f, options)` for what f
/// makes of it. Text and bytes are values; of a pair the first is the key. An optional without value is none: a pair with a key and no value
/// deletes the key in a compacted topic. All else has to be said by f, or by a map before: text, bytes, such a pair, or a `ProducerRecord`,
/// which may have headers, a timestamp and a partition. f is called as const, by several threads at once.
///
/// With a key a record goes to the partition that Java's clients choose, too (murmur2). Without, the records of one partition of the batch go
/// to one of Kafka's, another one in each batch, in their order; the property `partitioner` of librdkafka changes both. Records of one
/// partition of the batch keep their order; those of several are written at the same time where there are workers.
///
/// The batch is done when brokers have all its records, on as many replicas as the topic asks for (`acks` = all). A full local queue waits;
/// nothing is dropped. A record that is not delivered within `ProducerOptions::timeout`, or is refused, fails the batch when it is known what
/// became of the others: the `StreamError` names topic, partition, what the broker or librdkafka says, and how many they are. A stop that
/// does not wait ends the waiting. A topic that is not there fails its first batch, also an empty one. Where there is *no RDD* nothing is done.
///
/// It is at least once: what was delivered of a batch that failed, or whose process has ended, is written again with the batch
/// (`onBatchFailure`, `checkpoint`). librdkafka sends again on its own what an answer was lost of, once (it is idempotent).
///
/// With `ProducerOptions::transactionalId` the records of a batch are one transaction. It is committed when they are delivered, and aborted
/// where one is not; who reads with `isolation.level = read_committed` sees whole batches. The time of the batch is committed with it, as an
/// offset of the group `sluice-<transactionalId>`, so that a batch that is run again finds itself there, and is left out: with a
/// `checkpoint` and a source that gives a batch again each record is seen once. Brokers keep that offset for `offsets.retention.minutes`
/// (7 days). As with a state a batch that fails ends the context, unless `onBatchFailure` says `proceed`. A producer that begins with the same
/// id, as a second process of the program, fences this one: each of its batches fails from then on, however often it is tried, and says so.
///
/// Options that cannot be, and properties that librdkafka refuses: `InvalidArgument`, at the call. It takes the memory that librdkafka's
/// queue has: `queue.buffering.max.messages` (100,000) and `queue.buffering.max.kbytes` (1 GiB).
///
/// ```cpp
/// StreamingContext ssc{{.master = "local[2]"}, 1s};
/// auto words = kafka::createDirectStream(ssc, kafka::subscribe({"words"}), {.brokers = "localhost:9092"}) | map(&kafka::Record::value);
/// words | countByValue() | map([](std::string_view word, std::int64_t n) { return std::pair(word, std::to_string(n)); })
///     | kafka::writeTo("counts", {.brokers = "localhost:9092"});
/// words | kafka::writeTo("traced", [](std::string_view word) {
///     return kafka::ProducerRecord{.value = std::string(word), .headers = {{"by", "sluice"}}};
/// }, {.brokers = "localhost:9092", .transactionalId = "traced"});
/// CHECK(ssc.getState() == ContextState::initialized);
/// ```
inline constexpr detail::KafkaWriteToFn writeTo{};

}  // namespace kafka

}  // namespace sluice::inline SLUICE_ABI
