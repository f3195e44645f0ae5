#pragma once

#include <sluice/kafka/connection.hpp>

namespace sluice::inline SLUICE_ABI::detail {

/// A topic that an application has for itself.
struct KafkaTopicSpec {
    std::string name;
    std::int32_t partitions;
    char const* cleanupPolicy;  // "delete", or "compact"
    std::vector<std::pair<std::string, std::string>> properties{};
    int replicationFactor = -1;  // as the brokers are set
    std::string by{};            // whoever has it, as errors name that
};

/// Makes the topics of an application where they are not there. What is there is never changed, but looked at.
class KafkaTopics final : public KafkaConnection {
public:
    SLUICE_COLD KafkaTopics(Counted<GraphCore> graph, Label const& label, std::string const& brokers, Duration timeout,
                            std::vector<std::pair<std::string, std::string>> const& properties)
        : KafkaConnection(std::move(graph), label, brokers, timeout)
    {
        configure("DistributeOptions", properties, fixedProperties);
        handle_ = made(RD_KAFKA_PRODUCER);
    }
    SLUICE_COLD ~KafkaTopics() { ::rd_kafka_destroy(handle_); }

    /// Returns when it is there, each partition has a leader, and it is as it is to be. Else: `StreamError` that names the topic.
    SLUICE_COLD void require(KafkaTopicSpec const& spec)
    {
        auto partitions = partitionsOf(spec.name);
        if (partitions < 0) {
            make(spec);
            auto const end = kafkaNow() + timeoutMilliseconds();
            while ((partitions = partitionsOf(spec.name)) < 0) {
                if (kafkaNow() > end) fail(spec, {"it was made, and is not there within ", timeoutText()});
                graph_->place().poll();
                poll(20);
            }
        }
        if (partitions != spec.partitions) {
            fail(spec, {"it has ", Digits{std::int64_t{partitions}}.text(), " partitions, and the program asks for ",
                        Digits{std::int64_t{spec.partitions}}.text(),
                        ": where a key belongs would change, so that number stays as it is, or the topic gets another name"});
        }
        auto const policy = policyOf(spec);
        if (policy == spec.cleanupPolicy) return;
        fail(spec, {"it has cleanup.policy = ", policy, ", and must have ", spec.cleanupPolicy,
                    std::string_view{spec.cleanupPolicy} == "compact" ? ": else brokers delete states that are old"
                                                                      : ": else brokers delete records whose keys come again"});
    }

private:
    static constexpr KafkaFixedProperty fixedProperties[] = {
        {"bootstrap.servers", "DistributeOptions::brokers says it"},
        {"metadata.broker.list", "DistributeOptions::brokers says it"},
        {"log.queue", "what librdkafka says is told to Config::log"},
    };

    SLUICE_COLD void serve(int milliseconds) override { ::rd_kafka_poll(handle_, milliseconds); }

    [[noreturn]] SLUICE_COLD void fail(KafkaTopicSpec const& spec, std::initializer_list<std::string_view> why) const
    {
        throw StreamError{
            concat({"topic ", spec.name, spec.by.empty() ? "" : ", of ", spec.by, ": ", concat(why), " (", brokersText(), ")"})};
    }

    /// Less than 0: it is not there, or not all of it has a leader yet.
    SLUICE_COLD std::int32_t partitionsOf(std::string const& topic)
    {
        constexpr char const* what = "tell of a topic";
        auto* const named = ::rd_kafka_topic_new(handle_, topic.c_str(), nullptr);
        std::int32_t count = -1;
        ::rd_kafka_resp_err_t error{};
        try {
            error = await(what, [&](int milliseconds) {
                struct ::rd_kafka_metadata const* metadata = nullptr;
                auto const asked = ::rd_kafka_metadata(handle_, 0, named, &metadata, milliseconds);
                if (asked != RD_KAFKA_RESP_ERR_NO_ERROR) return asked;
                auto const& of = metadata->topics[0];
                auto said = of.err;
                count = of.partition_cnt;
                for (int i = 0; i < of.partition_cnt; ++i) {
                    if (of.partitions[i].leader < 0) said = RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE;
                }
                ::rd_kafka_metadata_destroy(metadata);
                return said;
            });
        } catch (...) {
            ::rd_kafka_topic_destroy(named);
            throw;
        }
        ::rd_kafka_topic_destroy(named);
        // What has no possible name is refused when it is made.
        if (error == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART || error == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC ||
            error == RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION)
            return -1;
        KafkaConnection::require(what, error);
        return count;
    }

    /// ask(options, queue) sends what is answered by an event; take(event) is that answer.
    template <class Ask, class Take>
    SLUICE_COLD ::rd_kafka_resp_err_t administer(char const* what, ::rd_kafka_admin_op_t op, Ask const& ask, Take const& take)
    {
        return await(what, [&](int milliseconds) {
            char why[512];
            auto const patience = milliseconds < 5000 ? 5000 : milliseconds;  // to make a topic takes longer than to be asked for it
            auto* const options = ::rd_kafka_AdminOptions_new(handle_, op);
            ::rd_kafka_AdminOptions_set_request_timeout(options, patience, why, sizeof why);
            auto* const answers = ::rd_kafka_queue_new(handle_);
            ask(options, answers);
            ::rd_kafka_event_t* event = nullptr;
            for (auto const end = kafkaNow() + patience; event == nullptr && kafkaNow() < end;) {
                graph_->place().poll();
                event = ::rd_kafka_queue_poll(answers, 50);
            }
            auto error = RD_KAFKA_RESP_ERR__TIMED_OUT;
            if (event != nullptr) {
                error = ::rd_kafka_event_error(event);
                if (error == RD_KAFKA_RESP_ERR_NO_ERROR) error = take(event);
                ::rd_kafka_event_destroy(event);
            }
            ::rd_kafka_queue_destroy(answers);
            ::rd_kafka_AdminOptions_destroy(options);
            return error;
        });
    }

    SLUICE_COLD void make(KafkaTopicSpec const& spec)
    {
        char said[512];
        auto* fresh = ::rd_kafka_NewTopic_new(spec.name.c_str(), spec.partitions, spec.replicationFactor, said, sizeof said);
        if (fresh == nullptr) fail(spec, {"it cannot be made: ", said});
        ::rd_kafka_NewTopic_set_config(fresh, "cleanup.policy", spec.cleanupPolicy);
        for (auto const& [name, value] : spec.properties) ::rd_kafka_NewTopic_set_config(fresh, name.c_str(), value.c_str());
        std::string why;
        ::rd_kafka_resp_err_t error{};
        try {
            error = administer(
                "make a topic", RD_KAFKA_ADMIN_OP_CREATETOPICS,
                [&](auto* options, auto* answers) { ::rd_kafka_CreateTopics(handle_, &fresh, 1, options, answers); },
                [&](auto* event) {
                    std::size_t count = 0;
                    auto const* const result =
                        ::rd_kafka_CreateTopics_result_topics(::rd_kafka_event_CreateTopics_result(event), &count)[0];
                    auto const* const text = ::rd_kafka_topic_result_error_string(result);
                    why = text != nullptr ? text : "";
                    return ::rd_kafka_topic_result_error(result);
                });
        } catch (...) {
            ::rd_kafka_NewTopic_destroy(fresh);
            throw;
        }
        ::rd_kafka_NewTopic_destroy(fresh);
        if (error == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) return;  // another process was first
        if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
            fail(spec, {"it cannot be made: ", why.empty() ? std::string_view{::rd_kafka_err2str(error)} : std::string_view{why}});
        graph_->log({LogLevel::info,
                     label_,
                     {},
                     concat({"topic ", spec.name, " was made, with ", Digits{std::int64_t{spec.partitions}}.text(),
                             " partitions, cleanup.policy = ", spec.cleanupPolicy})});
    }

    SLUICE_COLD std::string policyOf(KafkaTopicSpec const& spec)
    {
        constexpr char const* what = "tell how a topic is set";
        std::string policy;
        auto* resource = ::rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, spec.name.c_str());
        ::rd_kafka_resp_err_t error{};
        try {
            error = administer(
                what, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS,
                [&](auto* options, auto* answers) { ::rd_kafka_DescribeConfigs(handle_, &resource, 1, options, answers); },
                [&](auto* event) {
                    std::size_t count = 0;
                    auto const* const of =
                        ::rd_kafka_DescribeConfigs_result_resources(::rd_kafka_event_DescribeConfigs_result(event), &count)[0];
                    if (auto const failed = ::rd_kafka_ConfigResource_error(of); failed != RD_KAFKA_RESP_ERR_NO_ERROR)
                        return failed == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ? RD_KAFKA_RESP_ERR__TIMED_OUT : failed;
                    auto const* const* const entries = ::rd_kafka_ConfigResource_configs(of, &count);
                    for (std::size_t i = 0; i < count; ++i) {
                        if (std::string_view{::rd_kafka_ConfigEntry_name(entries[i])} == "cleanup.policy")
                            policy = ::rd_kafka_ConfigEntry_value(entries[i]);
                    }
                    return RD_KAFKA_RESP_ERR_NO_ERROR;
                });
        } catch (...) {
            ::rd_kafka_ConfigResource_destroy(resource);
            throw;
        }
        ::rd_kafka_ConfigResource_destroy(resource);
        KafkaConnection::require(what, error);
        return policy;
    }

    ::rd_kafka_t* handle_ = nullptr;
};

}  // namespace sluice::inline SLUICE_ABI::detail
