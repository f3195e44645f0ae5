#pragma once

#include <sluice/kafka/connection.hpp>
#include <sluice/kafka/distribute_options.hpp>
#include <sluice/kafka/offset_range.hpp>

#include <algorithm>
#include <cstring>

// One file although it is long: joining, being given partitions, giving them back and leaving are steps of one life.

namespace sluice::inline SLUICE_ABI::detail {

[[nodiscard]] SLUICE_COLD inline std::string milliseconds(Duration d) { return std::to_string(d / std::chrono::milliseconds{1}); }

/// The process as a member of the application's group. It is given partitions, and reads none: that is what direct streams do.
///
/// librdkafka is heard by heartbeats from a thread of its own. What the group changes is answered in look() alone, and until then nobody
/// else is given what this one has.
class KafkaMember final : public KafkaConnection {
public:
    /// What librdkafka refuses: `InvalidArgument`. Nothing is connected yet.
    SLUICE_COLD KafkaMember(Counted<GraphCore> graph, Label const& label, kafka::DistributeOptions const& options)
        : KafkaConnection(std::move(graph), label, options.brokers, options.timeout), group_(options.applicationId)
    {
        set("topic.metadata.refresh.interval.ms", "30000");  // so that new partitions are divided, too
        configure("DistributeOptions", options.properties, fixedProperties);
        set("group.id", group_.c_str());
        set("session.timeout.ms", milliseconds(options.sessionTimeout).c_str());
        auto const heartbeat = options.sessionTimeout / 4;
        set("heartbeat.interval.ms", milliseconds(heartbeat < std::chrono::seconds{1} ? heartbeat : std::chrono::seconds{1}).c_str());
        set("max.poll.interval.ms", milliseconds(options.maxPollInterval).c_str());
        set("partition.assignment.strategy", options.assignmentStrategy.c_str());
        set("isolation.level", "read_committed");  // so that offsets in a transaction that is not over are waited for
        set("enable.auto.commit", "false");
        set("enable.auto.offset.store", "false");
        set("allow.auto.create.topics", "false");
        ::rd_kafka_conf_set_rebalance_cb(
            conf_, [](::rd_kafka_t*, ::rd_kafka_resp_err_t what, ::rd_kafka_topic_partition_list_t* list, void* member) {
                static_cast<KafkaMember*>(static_cast<KafkaConnection*>(member))->rebalanced(what, *list);
            });
    }
    SLUICE_COLD ~KafkaMember()
    {
        forgetMetadata();
        if (handle_ != nullptr) ::rd_kafka_destroy_flags(handle_, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    }

    /// Names of topics, and regular expressions that begin with `^`.
    SLUICE_COLD void join(std::vector<std::string> const& topics)
    {
        for (auto const& topic : topics) {
            if (topic[0] == '^') set("topic.blacklist", "^__.*");  // Kafka's own are none of a pattern
        }
        handle_ = made(RD_KAFKA_CONSUMER);
        KafkaList list{topics.size()};
        for (auto const& topic : topics) ::rd_kafka_topic_partition_list_add(list.list, topic.c_str(), RD_KAFKA_PARTITION_UA);
        require("take a subscription", ::rd_kafka_subscribe(handle_, list.list));
    }

    /// Answers what the group has changed, while no batch runs; where it is to be given partitions, it waits so long for them.
    SLUICE_COLD void look(std::int64_t patience)
    {
        for (auto const end = kafkaNow() + patience;;) {
            auto const left = isJoining() ? end - kafkaNow() : 0;
            auto* const message = ::rd_kafka_consumer_poll(handle_, left > 0 ? static_cast<int>(left < 20 ? left : 20) : 0);
            if (message != nullptr) {
                auto const error = message->err;
                if (!mayPass(error)) tell(LogLevel::warning, concat({"the group: ", ::rd_kafka_message_errstr(message)}));
                ::rd_kafka_message_destroy(message);
            } else if (left <= 0) {
                break;
            }
            graph_->place().poll();
        }
        poll();
    }

    /// It is known which partitions it has.
    [[nodiscard]] bool isJoining() const { return metadata_ == nullptr; }
    /// In the order of topics and numbers; none while it is joining.
    [[nodiscard]] std::vector<kafka::TopicPartition> const& assigned() const { return assigned_; }
    /// Of assignments: it grows with each.
    [[nodiscard]] std::uint64_t version() const { return version_; }
    /// Nobody else can have had what it had when it was told to hold that, and has still.
    [[nodiscard]] bool isContinuous() const { return held_ && generation_ && *generation_ == *held_ + 1; }
    /// What it has now it goes on with.
    void hold() { held_ = generation_; }
    /// As a transaction is told of it; null while it is joining.
    [[nodiscard]] ::rd_kafka_consumer_group_metadata_t const* metadata() const { return metadata_; }

    /// What the group has committed, less than 0 where it is nothing. False: there is no answer yet, since a transaction is not over, or a
    /// broker is silent.
    SLUICE_COLD bool committed(std::vector<kafka::TopicPartition> const& of, std::vector<std::int64_t>& offsets, int patience)
    {
        KafkaList list{of.size()};
        for (auto const& one : of) list.add(one.topic, one.partition, RD_KAFKA_OFFSET_INVALID);
        auto const error = ::rd_kafka_committed(handle_, list.list, patience);
        if (isUnstable(error)) return false;
        require("tell what the group has committed", error);
        offsets.clear();
        for (auto const& one : of) {
            auto const* const answer = ::rd_kafka_topic_partition_list_find(list.list, one.topic.c_str(), one.partition);
            if (isUnstable(answer->err)) return false;
            require("tell what the group has committed", answer->err);
            offsets.push_back(answer->offset);
        }
        return true;
    }

    /// So that others need not wait until it is missed.
    SLUICE_COLD void leave()
    {
        if (handle_ == nullptr) return;
        // What the group has still to say is answered before the close begins: within it librdkafka may lose the answer, and whoever gave it
        // would wait for ever, as its end would for one that is not given.
        ::rd_kafka_unsubscribe(handle_);
        auto quiet = 0;
        for (auto const end = kafkaNow() + 3000; quiet < 3 && kafkaNow() < end; isMember() ? quiet = 0 : ++quiet) {
            if (auto* const message = ::rd_kafka_consumer_poll(handle_, 10)) ::rd_kafka_message_destroy(message);
        }
        is_closing_ = true;
        auto* const answers = ::rd_kafka_queue_new(handle_);
        if (auto* const error = ::rd_kafka_consumer_close_queue(handle_, answers)) ::rd_kafka_error_destroy(error);
        for (auto const end = kafkaNow() + 3000; ::rd_kafka_consumer_closed(handle_) == 0 && kafkaNow() < end;)
            ::rd_kafka_queue_poll_callback(answers, 10);
        ::rd_kafka_queue_destroy(answers);
        poll();
        if (::rd_kafka_consumer_closed(handle_) != 0) ::rd_kafka_destroy_flags(handle_, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
        else
            tell(LogLevel::warning,
                 "the member of the group does not close, and is left behind: its partitions go to others when it is missed");
        handle_ = nullptr;
        forgetMetadata();
    }

private:
    static constexpr KafkaFixedProperty fixedProperties[] = {
        {"bootstrap.servers", "DistributeOptions::brokers says it"},
        {"metadata.broker.list", "DistributeOptions::brokers says it"},
        {"group.id", "DistributeOptions::applicationId says it"},
        {"group.instance.id", "DistributeOptions::instanceId says who it is"},
        {"transactional.id", "DistributeOptions::instanceId says it"},
        {"session.timeout.ms", "DistributeOptions::sessionTimeout says it"},
        {"max.poll.interval.ms", "DistributeOptions::maxPollInterval says it"},
        {"partition.assignment.strategy", "DistributeOptions::assignmentStrategy says it"},
        {"transaction.timeout.ms", "DistributeOptions::transactionTimeout says it"},
        {"isolation.level", "Options::isolation of a stream says it"},
        {"enable.auto.commit", "offsets are committed with what was made of the records"},
        {"enable.auto.offset.store", "offsets are committed with what was made of the records"},
        {"log.queue", "what librdkafka says is told to Config::log"},
    };

    SLUICE_COLD void serve(int milliseconds) override { ::rd_kafka_poll(handle_, milliseconds); }

    [[nodiscard]] static bool isUnstable(::rd_kafka_resp_err_t error)
    {
        return error == RD_KAFKA_RESP_ERR_UNSTABLE_OFFSET_COMMIT || mayPass(error);
    }

    SLUICE_COLD void rebalanced(::rd_kafka_resp_err_t what, ::rd_kafka_topic_partition_list_t const& list)
    {
        if (is_closing_) return;
        if (what != RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
            if (::rd_kafka_assignment_lost(handle_) != 0) {
                held_.reset();
                tell(LogLevel::warning, "the group has given this process's partitions to others, since it was not heard in time");
            }
            ::rd_kafka_assign(handle_, nullptr);
            assigned_.clear();
            forgetMetadata();
            return;
        }
        auto* const metadata = ::rd_kafka_consumer_group_metadata(handle_);
        auto const generation = generationOf(metadata);
        // It is told of no partitions, so it fetches none.
        KafkaList const none{0};
        ::rd_kafka_assign(handle_, none.list);
        forgetMetadata();
        if (metadata == nullptr || !isMember()) {  // it is not any more: it will be told so, and joins again
            held_.reset();
            if (metadata != nullptr) ::rd_kafka_consumer_group_metadata_destroy(metadata);
            return;
        }
        generation_ = generation;
        metadata_ = metadata;
        assigned_.clear();
        for (int i = 0; i < list.cnt; ++i) assigned_.push_back({list.elems[i].topic, list.elems[i].partition});
        std::sort(assigned_.begin(), assigned_.end());
        ++version_;
    }

    /// It has an id as long as it is a member.
    [[nodiscard]] SLUICE_COLD bool isMember() const
    {
        auto* const id = ::rd_kafka_memberid(handle_);
        bool const has = id != nullptr && *id != '\0';
        if (id != nullptr) ::rd_kafka_mem_free(handle_, id);
        return has;
    }

    /// As librdkafka writes it down, behind the name of the form; unknown where that is another one.
    [[nodiscard]] SLUICE_COLD static std::optional<std::int32_t> generationOf(::rd_kafka_consumer_group_metadata_t const* metadata)
    {
        constexpr std::string_view form{"CGMDv2:"};
        void* bytes = nullptr;
        std::size_t size = 0;
        if (metadata == nullptr) return {};
        if (auto* const error = ::rd_kafka_consumer_group_metadata_write(metadata, &bytes, &size)) {
            ::rd_kafka_error_destroy(error);
            return {};
        }
        std::optional<std::int32_t> generation;
        if (size > form.size() + sizeof(std::int32_t) && std::memcmp(bytes, form.data(), form.size()) == 0) {
            generation.emplace();
            std::memcpy(&*generation, static_cast<char const*>(bytes) + form.size(), sizeof *generation);
        }
        ::rd_kafka_mem_free(nullptr, bytes);
        return generation;
    }

    SLUICE_COLD void forgetMetadata()
    {
        if (metadata_ != nullptr) ::rd_kafka_consumer_group_metadata_destroy(metadata_);
        metadata_ = nullptr;
    }

    std::string group_;
    ::rd_kafka_t* handle_ = nullptr;
    // As of the last assignment:
    std::vector<kafka::TopicPartition> assigned_;
    ::rd_kafka_consumer_group_metadata_t* metadata_ = nullptr;
    std::optional<std::int32_t> generation_;
    std::optional<std::int32_t> held_;
    bool is_closing_ = false;
    std::uint64_t version_ = 0;
};

}  // namespace sluice::inline SLUICE_ABI::detail
