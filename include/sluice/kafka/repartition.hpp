#pragma once

#include <sluice/batch/slack.hpp>
#include <sluice/exchange/exchange.hpp>
#include <sluice/kafka/direct_source.hpp>
#include <sluice/kafka/key_partitioner.hpp>
#include <sluice/kafka/schemas.hpp>
#include <sluice/operators/detail/over_time.hpp>
#include <sluice/outputs/foreach_rdd.hpp>
#include <sluice/stream/wide_stream.hpp>

#include <optional>
#include <string>
#include <utility>

// One file although it is long: what is written to a topic and what is read from it must agree, and be the same where there is none.

namespace sluice::inline SLUICE_ABI {

namespace kafka {

/// How `kafka::repartition` divides keys.
///
/// ```cpp
/// kafka::RepartitionOptions const options{.partitions = 8};
/// CHECK(options.retention == 24h * 7);
/// ```
struct RepartitionOptions {
    /// Of the topic, and so of the states behind it: no more processes than these can share its keys. It must be said, and stays as it is: in
    /// how many parts keys are divided decides where each is.
    std::size_t partitions = 0;
    /// How long the topic keeps what was read: as long as all processes of the application may be down.
    Duration retention{std::chrono::hours{24 * 7}};
    /// On how many brokers each record is; less than 0: as the brokers are set (`default.replication.factor`).
    int replicationFactor = -1;
};

}  // namespace kafka

namespace detail {

/// How the keys and values of such a topic are written.
template <class K, class V>
[[nodiscard]] SLUICE_COLD KafkaSchemas kafkaSchemasOf()
{
    return {schemaOf<K>().encoded(), schemaOf<V>().encoded()};
}

/// The direct stream of such a topic.
using KafkaTopicNode = SharedNode<PullNode<KafkaSource>>;

/// The records of a batch by their keys: where there is an application those that its topic has, else each in the partition that Kafka has
/// for it.
template <class Up>
class KafkaRepartitioned : public RefCounted {
public:
    using Key = Owned<FirstOf<Up>>;
    using Value = Owned<SecondOf<Up>>;
    using Entry = std::pair<Key, Value>;

    void plan(Label const& label, Partitioning by, Up up)
    {
        label_ = label;
        by_ = std::move(by);
        count_ = by_.partitions;
        up_.emplace(std::move(up));
        once_.reset();
    }
    SLUICE_COLD void plan(Label const& label, KafkaTopicNode::Batch read)
    {
        label_ = label;
        by_ = {};
        count_ = read.partitions();
        read_.emplace(std::move(read));
        once_.reset();
    }

    [[nodiscard]] std::size_t partitions() const { return count_; }
    [[nodiscard]] Partitioning const& partitioning() const { return by_; }
    [[nodiscard]] EnginePlace place() const { return up_ ? up_->place() : read_->place(); }
    void prepare()
    {
        once_.run([this] {
            try {
                if (up_) divide();
                else read();
            } catch (...) {
                forget();
                throw;
            }
        });
    }
    [[nodiscard]] bool isEmpty(std::size_t target) const
    {
        for (std::size_t row = 0; row < rows_; ++row) {
            if (!lists_[row * count_ + target].empty()) return false;
        }
        return true;
    }
    template <class F>
    std::size_t eachSpan(std::size_t target, std::size_t from, F&& f) const
    {
        return eachSpanOf(rows_, from, [&](std::size_t row) -> auto const& { return lists_[row * count_ + target]; }, f);
    }
    void clear()
    {
        auto const size = forget();
        if (slack_.isFar(size * sizeof(Entry))) Row<PageVector<Entry>>{}.swap(lists_);
        up_.reset();
        read_.reset();
    }

private:
    struct Divide {
        PageVector<Entry>* lists;
        std::int32_t partitions;
        KafkaKeyBytes<Key> bytes{};

        template <class R>
        bool operator()(R&& record)
        {
            Entry entry(own(static_cast<R&&>(record)));
            auto const target = kafkaPartition(bytes(entry.first), partitions);
            lists[target].push_back(std::move(entry));
            return true;
        }
    };

    struct Read {
        PageVector<Entry>* list;
        KafkaSchemas const* schemas;
        Label const* label;
        std::string schema{};  // that another version of the program has written
        std::optional<Decoder<Value>> decoder{};

        bool operator()(kafka::Record const& record)
        {
            try {
                if (!record.hasKey || !record.hasValue) throw StreamError{"a key and a value are expected"};
                auto const value = schemas->valueOf(record.value);
                if (value.schema == schemas->valueSchema()) list->push_back(Entry{keyOf(record), decode<Value>(value.bytes)});
                else list->push_back(Entry{keyOf(record), converted(value)});
            } catch (...) {
                failAt(record);
            }
            return true;
        }

    private:
        [[nodiscard]] static Key keyOf(kafka::Record const& record)
        {
            if constexpr (isBinaryText<Key>) {
                return Key(record.key);
            } else if constexpr (isKafkaText<Key>) {
                return decode<Key>(encode(record.key));
            } else {
                return decode<Key>(record.key);
            }
        }
        [[nodiscard]] SLUICE_COLD Value converted(KafkaSchemas::Value const& value)
        {
            if (!decoder || schema != value.schema) {
                decoder.emplace(Schema::decode(value.schema));
                schema = value.schema;
            }
            return (*decoder)(value.bytes);
        }
        /// In a catch block.
        [[noreturn]] SLUICE_COLD void failAt(kafka::Record const& record) const
        {
            throw StreamError{*label, concat({kafkaName({std::string(record.topic), record.partition}), ", offset ",
                                              Digits{record.offset}.text(), ": ", errorText(std::current_exception())})};
        }
    };

    void makeRoom(std::size_t lists)
    {
        if (lists_.size() < lists) Row<PageVector<Entry>>(lists).swap(lists_);  // what is in them has been forgotten
    }
    void divide()
    {
        up_->prepare();
        auto const rows = up_->partitions();
        makeRoom(rows * count_);
        forPartitions(*up_, [&](std::size_t p) {
            Divide sink{&lists_[p * count_], static_cast<std::int32_t>(count_)};
            up_->each(p, 0, sink);
        });
        rows_ = rows;
    }
    SLUICE_COLD void read()
    {
        makeRoom(count_);
        auto const schemas = kafkaSchemasOf<Key, Value>();
        forPartitions(*read_, [&](std::size_t p) {
            Read sink{&lists_[p], &schemas, &label_};
            read_->each(p, 0, sink);
        });
        rows_ = 1;
    }
    std::size_t forget()
    {
        std::size_t size = 0;
        for (auto& records : lists_) {
            size += records.size();
            records.clear();
        }
        rows_ = 0;
        return size;
    }

    Label label_{};
    Partitioning by_;
    std::size_t count_ = 0;
    Maybe<Up> up_;                       // where there is no application,
    Maybe<KafkaTopicNode::Batch> read_;  // and where there is one
    Row<PageVector<Entry>> lists_;       // for each partition of the batch a row, with one for each target
    std::size_t rows_ = 0;
    Slack slack_;
    Once once_;
};

template <class Op, class Up>
struct KafkaRepartitionNode final : OperatorNode<KafkaRepartitioned<typename Up::Batch>, Op, Up> {
    using Batch = StoredBatch<KafkaRepartitioned<typename Up::Batch>>;
    using KafkaRepartitionNode::OperatorNode::OperatorNode;

    [[nodiscard]] Maybe<Batch> at(Time t)
    {
        auto records = topic ? readAt(t) : this->template made<true>(t, [this](auto& fresh, auto batch) {
            fresh.plan(this->label, this->shared->value.by.partitioning(), std::move(batch));
        });
        if (!records) return {};
        return Batch{std::move(records)};
    }

    std::optional<KafkaTopicNode> topic;  // of an application

private:
    SLUICE_COLD Counted<KafkaRepartitioned<typename Up::Batch>> readAt(Time t)
    {
        if (auto known = this->memo.find(t)) return known;
        auto batch = topic->at(t);
        if (!batch) return {};
        return this->memo.findOr(t, [&](auto& fresh) { fresh.plan(this->label, *std::move(batch)); });
    }
};

/// Where an application writes the records of a stream by their keys.
struct KafkaDividing {
    KafkaApplication* application;  // which the graph holds
    Counted<KafkaTopic> topic;
    std::int32_t partitions;

    [[nodiscard]] SLUICE_COLD std::string about() const { return concat({"topic ", topic->name()}); }
};

template <class Up>
struct KafkaDivideSink {
    using Key = FirstOf<Up>;
    using Value = SecondOf<Up>;

    KafkaDividing const* to;
    std::string const* before;
    KafkaKeyBytes<Owned<Key>> keys{};
    std::string value{};
    std::int64_t sent = 0;

    template <class R>
    bool operator()(R&& record)
    {
        if (sent == 0) to->application->beginTransaction();
        auto const& [first, second] = record;
        if constexpr (holdOf<Key>() == Hold::owns) return send(keys(first), second);
        else return send(keys(own(first)), second);
    }

private:
    bool send(std::string_view key, Value const& of)
    {
        value.assign(*before);
        BinaryWriter writer{value};
        if constexpr (holdOf<Value>() == Hold::owns) encode(of, writer);
        else encode(own(of), writer);
        writer.finish();
        bool const goesOn = to->topic->sendTo(kafkaPartition(key, to->partitions), kafkaBytes(key), {value.data(), value.size()});
        return goesOn && (++sent % 4096 != 0 || to->topic->look());
    }
};

/// It is delivered when the batch is committed.
struct KafkaDivide {
    static constexpr char const* spelled = "kafka::repartition";

    template <class Output>
    static void run(Output& output, Time)
    {
        using Up = typename decltype(output.node)::Batch;
        auto const& planned = *output.batch;
        auto const schemas = kafkaSchemasOf<Owned<FirstOf<Up>>, Owned<SecondOf<Up>>>();
        runIn(output.label, [&] {
            forPartitions(planned, [&](std::size_t p) {
                KafkaDivideSink<Up> sink{&output.f, &schemas.before()};
                planned.each(p, 0, sink);
                output.f.topic->addSent(sink.sent);
            });
        });
    }
};

/// Behind need::Ownable: they go through a topic.
struct KafkaForms {
    template <class Up>
    static constexpr bool holds = Encodable<Owned<FirstOf<Up>>> && Encodable<Owned<SecondOf<Up>>> &&  //
                                  Decodable<Owned<FirstOf<Up>>> && Decodable<Owned<SecondOf<Up>>>;

    template <class Op, class Up>
    static consteval void explain()
    {
        static_assert(holds<Up>,
                      "sluice::kafka::repartition(name, options): keys and values must have a binary form, since they go through a topic: "
                      "specialise sluice::EncodedAs for what has none");
    }
};

struct KafkaRepartition : StreamOpBase, Needs<need::Pairs, need::Ownable, KafkaForms> {
    std::string name;
    kafka::RepartitionOptions options;
    Label label;
    ByPartitioner<kafka::KeyPartitioner> by;

    SLUICE_COLD KafkaRepartition(std::string of, kafka::RepartitionOptions how, CallSite at)
        : name(std::move(of)), options(how), label{"kafka::repartition", at}, by(kafka::KeyPartitioner{requireWhole()})
    {
        label.name = lastingName(name);
    }

    template <class Node>
    auto attach(Node node) const
    {
        auto const graph = node.graph();
        graph->addTarget(concat({name, "-repartition"}), {label.kind, label.at});
        auto* const application = kafkaApplicationOf(*graph);
        if (application == nullptr) return nodeStream<KafkaRepartitionNode>(*this, std::move(node));
        auto const topic = specIn(*application);
        BatchOutputOp<KafkaDivide, KafkaDividing>{{application, application->topic(topic), partitions()}, label}.attach(Node(node));
        auto read = readIn(*graph, topic);
        auto const step = graph->addStep(DrawnStep::node, label, {read.stepId()});
        auto stream = innerStream<KafkaRepartitionNode>(step, *this, std::move(node));
        stream.node().impl().topic.emplace(std::move(read));
        application->add(KafkaRoot{step, topic, partitions()});
        return stream;
    }

private:
    [[nodiscard]] std::int32_t partitions() const { return static_cast<std::int32_t>(options.partitions); }

    /// The name of the topic, which is made at the start.
    [[nodiscard]] SLUICE_COLD std::string specIn(KafkaApplication& application) const
    {
        auto const topic = concat({application.options().applicationId, "-", name, "-repartition"});
        auto const keeps = options.retention / std::chrono::milliseconds{1};
        application.own({topic,
                         partitions(),
                         "delete",
                         {{"retention.ms", std::to_string(keeps)}, {"retention.bytes", "-1"}},
                         options.replicationFactor < 0 ? -1 : options.replicationFactor,
                         where(label)});
        return topic;
    }
    [[nodiscard]] SLUICE_COLD KafkaTopicNode readIn(GraphCore& graph, std::string const& topic) const
    {
        kafka::Options how;
        how.startingOffsets = kafka::StartingOffsets::earliest;
        KafkaSource source{makeCounted<KafkaDirect>(Counted<GraphCore>{&graph}, label, kafka::subscribe({topic}), how)};
        auto const node = makeCounted<PullNode<KafkaSource>>(Counted<GraphCore>{&graph}, label, std::move(source));
        graph.addInput(Counted<InputNode>{node});
        graph.tellOfStep(node->stepId, aboutOf(node->source));
        return KafkaTopicNode{node};
    }
    [[nodiscard]] SLUICE_COLD std::size_t requireWhole() const
    {
        auto const refuse = [&](std::initializer_list<std::string_view> why) {
            throw InvalidArgument{concat({where(label), ": ", concat(why)})};
        };
        constexpr std::string_view letters{"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"};
        if (name.empty() || name.find_first_not_of(letters) != std::string::npos)
            refuse({"its name is a part of a topic's, of letters, digits, '.', '_' and '-', got \"", name, "\""});
        if (options.partitions == 0 || options.partitions > 1'000'000)
            refuse({"RepartitionOptions::partitions must be said, 1 to 1000000, got ", Digits{options.partitions}.text()});
        if (options.retention <= Duration{0}) refuse({"RepartitionOptions::retention must be positive"});
        return options.partitions;
    }
};

struct KafkaRepartitionFn : OperatorFnBase {
    [[nodiscard]] SLUICE_COLD auto operator()(std::string name, kafka::RepartitionOptions options, CallSite at = CallSite::here()) const
    {
        return KafkaRepartition{std::move(name), options, at};
    }
};

}  // namespace detail

namespace kafka {

/// All records of a key into one process: `kafka::repartition(name, {.partitions = 8})`, before operators by key and states of an application
/// (`kafka::distribute`).
///
/// For streams of pairs (K, V), whose key and value have a binary form. There the records of a batch are written to the topic
/// `<applicationId>-<name>-repartition`, in the batch's transaction, each to the partition of its key (`KeyPartitioner`), and the stream
/// behind it reads them from there, in a later batch of the process that has the partition: the batch has a partition for each of those. It has
/// them in the order in which they were written; records are owned, and each is read once. The topic is made at the start where it is not there;
/// one that is there and has another number of partitions is refused. Each record says of which type it is: a later version of the program
/// reads other values as a `Decoder` does, and refuses other keys; what is damaged fails the batch, by topic, partition and offset.
///
/// In any other context, so in tests, it is `partitionBy(KeyPartitioner{partitions})` of owned records, without a broker. An empty batch gives empty
/// partitions; *no RDD* stays none. The name is the topic's, and no other one's of the context.
///
/// ```cpp
/// auto const out = testing::runBatches<std::string>({{"to", "to", "to"}}, [](auto in) {
///     return in | map([](std::string_view word) { return std::pair(word, 1); }) | kafka::repartition("words", {.partitions = 4})
///         | reduceByKey(std::plus{}) | map([](std::string const&, int n) { return n; });
/// });
/// CHECK(out == testing::Batches<int>{{3}});
/// ```
inline constexpr sluice::detail::KafkaRepartitionFn repartition{};

}  // namespace kafka

}  // namespace sluice::inline SLUICE_ABI
