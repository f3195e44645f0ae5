#pragma once

#include <sluice/batch/needs.hpp>
#include <sluice/kafka/application.hpp>
#include <sluice/kafka/key_partitioner.hpp>
#include <sluice/stream/dstream.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

/// Records as they come, whose keys are looked at.
template <class Up, class Op>
class KafkaKeyed {
public:
    using Record = RecordOf<Up>;
    static constexpr bool stored = Up::stored;
    static constexpr bool stable = Up::stable;

    KafkaKeyed(Up up, Counted<Box<Op>> const& op) : up_(static_cast<Up&&>(up)), op_(op) {}

    [[nodiscard]] bool resumable() const { return up_.resumable(); }
    [[nodiscard]] std::size_t partitions() const { return up_.partitions(); }
    [[nodiscard]] bool isEmpty(std::size_t p) const { return up_.isEmpty(p); }
    [[nodiscard]] decltype(auto) place() const { return up_.place(); }
    void prepare() const { up_.prepare(); }
    [[nodiscard]] auto partitioning() const
        requires(requires(Up const& up) { up.partitioning(); })
    {
        return up_.partitioning();
    }

    template <class Sink>
    std::size_t each(std::size_t p, std::size_t from, Sink& sink) const
    {
        auto const& places = op_->value.places->all;
        Step<Sink> step{p < places.size() ? places[p] : KafkaPlaces::Place{0, 0}, &op_->value.label, {}, static_cast<Sink&&>(sink)};
        auto const at = up_.each(p, from, step);
        sink = static_cast<Sink&&>(step.next);
        return at;
    }

private:
    template <class Sink>
    struct Step {
        KafkaPlaces::Place place;
        Label const* label;
        KafkaKeyBytes<FirstOf<Up>> bytes;
        Sink next;

        template <class R>
        bool operator()(R&& record)
        {
            if (place.of != 0) {
                auto const partition = kafkaPartition(bytes(std::get<0>(record)), place.of);
                if (partition != place.partition) [[unlikely]]
                    refuse(*label, place, partition);
            }
            return next(static_cast<R&&>(record));
        }
    };

    [[noreturn]] SLUICE_COLD static void refuse(Label const& label, KafkaPlaces::Place place, std::int32_t partition)
    {
        throw StreamError{
            label,
            concat({"a record of partition ", Digits{std::int64_t{place.partition}}.text(), " has a key that belongs to partition ",
                    Digits{std::int64_t{partition}}.text(), " of ", Digits{std::int64_t{place.of}}.text(),
                    ": the topic is not partitioned by this key as Java's clients do it (murmur2): kafka::repartition(name, options) "
                    "in its place brings keys together"})};
    }

    Up up_;
    Counted<Box<Op>> op_;
};

/// Behind need::Pairs.
struct KafkaKeyForm {
    template <class Up>
    static constexpr bool holds = Encodable<FirstOf<Up>>;

    template <class Op, class Up>
    static consteval void explain()
    {
        static_assert(holds<Up>,
                      "sluice::kafka::partitionedByKey(): keys must have a binary form, by which their partition is known: specialise "
                      "sluice::EncodedAs for what has none");
    }
};

struct KafkaPartitionedByKey : StreamOpBase, Needs<need::Pairs, KafkaKeyForm> {
    Label label;
    Counted<KafkaPlaces> places{};

    SLUICE_COLD explicit KafkaPartitionedByKey(CallSite at) : label{"kafka::partitionedByKey", at} {}

    template <class Up>
    static auto on(Up up, Counted<Box<KafkaPartitionedByKey>> const& op)
    {
        return KafkaKeyed<Up, KafkaPartitionedByKey>{static_cast<Up&&>(up), op};
    }
    template <class Node>
    auto attach(Node node) const
    {
        auto mine = *this;
        mine.places = makeCounted<KafkaPlaces>();
        auto* const application = kafkaApplicationOf(*node.graph());
        auto const told = mine.places;
        auto stream = streamOf(PartwiseStream<Node, KafkaPartitionedByKey>{std::move(node), std::move(mine)});
        if (application != nullptr) application->add(stream.node().stepId(), told);
        return stream;
    }
};

struct KafkaPartitionedByKeyFn : OperatorFnBase {
    [[nodiscard]] SLUICE_COLD auto operator()(CallSite at = CallSite::here()) const { return KafkaPartitionedByKey{at}; }
};

}  // namespace detail

namespace kafka {

/// Says that the topics before it are partitioned by the keys of these pairs already, so that operators by key and states may stand behind it in
/// an application (`kafka::distribute`): `kafka::partitionedByKey()`, in place of `kafka::repartition`, which costs a topic.
///
/// Narrow, for pairs (K, V), behind a direct stream with operators of one record between: what a record's key makes of it (`KeyPartitioner`)
/// must be the partition that it came from, as where Java's clients, librdkafka's with the partitioner `murmur2_random`, or `kafka::writeTo`
/// have written it with that key as text. Each record is looked at: one that stands elsewhere fails the batch. In any other context records
/// are given on as they are.
///
/// ```cpp
/// StreamingContext ssc{{.master = "local[2]"}, 1s};
/// kafka::createDirectStream<std::string, std::int64_t>(ssc, kafka::subscribe({"sales"}), {.brokers = "localhost:9092"})
///     | kafka::partitionedByKey() | reduceByKey(std::plus{}) | print();
/// CHECK(ssc.getState() == ContextState::initialized);
/// ```
inline constexpr sluice::detail::KafkaPartitionedByKeyFn partitionedByKey{};

}  // namespace kafka

}  // namespace sluice::inline SLUICE_ABI
