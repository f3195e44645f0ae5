#pragma once

#include <sluice/batch/slack.hpp>
#include <sluice/kafka/key_partitioner.hpp>
#include <sluice/operators/detail/over_time.hpp>
#include <sluice/stream/wide_stream.hpp>

#include <string>
#include <utility>

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

/// The records of a batch by their keys, each in the partition that Kafka has for it.
template <class Up>
class KafkaRepartitioned : public RefCounted {
public:
    using Key = Owned<FirstOf<Up>>;
    using Entry = std::pair<Key, Owned<SecondOf<Up>>>;

    void plan(Label const& label, Partitioning by, Up up)
    {
        label_ = label;
        by_ = std::move(by);
        up_.emplace(std::move(up));
        once_.reset();
    }

    [[nodiscard]] std::size_t partitions() const { return by_.partitions; }
    [[nodiscard]] Partitioning const& partitioning() const { return by_; }
    [[nodiscard]] EnginePlace place() const { return up_->place(); }
    void prepare()
    {
        once_.run([this] {
            try {
                divide();
            } catch (...) {
                forget();
                throw;
            }
        });
    }
    [[nodiscard]] bool isEmpty(std::size_t target) const
    {
        for (std::size_t row = 0; row < rows_; ++row) {
            if (!lists_[row * by_.partitions + target].empty()) return false;
        }
        return true;
    }
    template <class F>
    std::size_t eachSpan(std::size_t target, std::size_t from, F&& f) const
    {
        std::size_t behind = 0;
        for (std::size_t row = 0; row < rows_; ++row) {
            auto const& records = lists_[row * by_.partitions + target];
            behind += records.size();
            if (from >= behind) continue;
            auto const left = behind - from;
            Taken const taken = f(records.data() + (records.size() - left), left);
            from += taken.count;
            if (!taken.more) break;
        }
        return from;
    }
    void clear()
    {
        auto const size = forget();
        if (slack_.isFar(size * sizeof(Entry))) Row<PageVector<Entry>>{}.swap(lists_);
        up_.reset();
    }

private:
    struct Sink {
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

    void divide()
    {
        up_->prepare();
        auto const targets = by_.partitions;
        auto const rows = up_->partitions();
        if (lists_.size() < rows * targets) Row<PageVector<Entry>>(rows * targets).swap(lists_);  // what is in them has been forgotten
        forPartitions(*up_, [&](std::size_t p) {
            Sink sink{&lists_[p * targets], static_cast<std::int32_t>(targets)};
            up_->each(p, 0, sink);
        });
        rows_ = rows;
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
    Maybe<Up> up_;
    Row<PageVector<Entry>> lists_;  // for each partition of the batch a row, with one for each target
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
        auto records = this->template made<true>(
            t, [this](auto& fresh, auto batch) { fresh.plan(this->label, this->shared->value.by.partitioning(), std::move(batch)); });
        if (!records) return {};
        return Batch{std::move(records)};
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
        node.graph()->addTarget(concat({name, "-repartition"}), {label.kind, label.at});
        return nodeStream<KafkaRepartitionNode>(*this, std::move(node));
    }

private:
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
