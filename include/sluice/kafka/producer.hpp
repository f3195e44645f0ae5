#pragma once

#include <sluice/kafka/connection.hpp>
#include <sluice/kafka/producer_options.hpp>

// One file although it is long: the steps of a transaction, and what fails in each, are told in one place.

namespace sluice::inline SLUICE_ABI::detail {

/// Who is told what became of the records of a topic.
struct KafkaDelivered : RefCounted {
    virtual void note(::rd_kafka_resp_err_t error, std::int32_t partition, std::size_t size) = 0;

protected:
    ~KafkaDelivered() = default;
};

/// A producer of librdkafka, and its transactions. It is open from its first use on, until who has it closes it, so that nothing is still
/// under way of what has failed.
class KafkaProducer final : public KafkaConnection {
public:
    /// How it is to be: `ofOptions` is how errors name the options, `subject` what they begin with.
    struct As {
        char const* ofOptions;
        std::string subject;
        std::string transactionalId{};                 // empty: no transactions
        std::optional<Duration> transactionTimeout{};  // unset: librdkafka's, or the timeout where that is longer
    };

    /// What librdkafka refuses: `InvalidArgument`. Nothing is connected yet.
    template <std::size_t N>
    SLUICE_COLD KafkaProducer(Counted<GraphCore> graph, Label const& label, As as, std::string const& brokers, Duration ofTimeout,
                              std::vector<std::pair<std::string, std::string>> const& properties, KafkaFixedProperty const (&fixed)[N])
        : KafkaConnection(std::move(graph), label, brokers, ofTimeout), as_(std::move(as))
    {
        configure(as_.ofOptions, properties, fixed);
        set("enable.idempotence", "true");
        set("delivery.report.only.error", "true");  // that all went well is known by nothing being left
        auto const longest = as_.transactionTimeout && *as_.transactionTimeout < ofTimeout
                                 ? *as_.transactionTimeout / std::chrono::milliseconds{1}
                                 : timeoutMilliseconds();
        set("message.timeout.ms", std::to_string(longest).c_str());
        if (isTransactional()) {
            set("transactional.id", as_.transactionalId.c_str());
            // It must be no less than that of a message.
            if (as_.transactionTimeout)
                set("transaction.timeout.ms", std::to_string(*as_.transactionTimeout / std::chrono::milliseconds{1}).c_str());
            else if (longest > 60'000) set("transaction.timeout.ms", std::to_string(longest).c_str());
        }
        ::rd_kafka_conf_set_dr_msg_cb(conf_, [](::rd_kafka_t*, ::rd_kafka_message_t const* message, void*) {
            static_cast<KafkaDelivered*>(::rd_kafka_topic_opaque(message->rkt))->note(message->err, message->partition, message->len);
        });
        for (auto const& property : properties) {
            if (property.first == "partitioner") return;
        }
        set("sticky.partitioning.linger.ms", "0");  // which else would choose in our place
        ::rd_kafka_topic_conf_set_partitioner_cb(::rd_kafka_conf_get_default_topic_conf(conf_), partitionOf);
    }
    SLUICE_COLD ~KafkaProducer() { close(); }

    [[nodiscard]] bool isTransactional() const { return !as_.transactionalId.empty(); }
    [[nodiscard]] std::string const& transactionalId() const { return as_.transactionalId; }
    [[nodiscard]] bool isInTransaction() const { return in_transaction_; }
    [[nodiscard]] ::rd_kafka_t* handle() const { return handle_; }

    /// It has been replaced by another one for good: throws what it was told then.
    SLUICE_COLD void requireInPlace() const
    {
        if (!fenced_.empty()) throw StreamError{fenced_};
    }

    /// Once open it stays open until it is closed; a transaction that a producer before it with the same id has left open is aborted.
    SLUICE_COLD void open()
    {
        requireInPlace();
        if (handle_ != nullptr) return;
        handle_ = made(RD_KAFKA_PRODUCER);
        if (isTransactional())
            transact("begin with transactions", [&](int milliseconds) { return ::rd_kafka_init_transactions(handle_, milliseconds); });
    }
    /// What is not there: `StreamError`. Whoever has it destroys it before this is closed.
    [[nodiscard]] SLUICE_COLD ::rd_kafka_topic_t* openTopic(std::string const& topic, KafkaDelivered& delivered)
    {
        auto* const conf = ::rd_kafka_default_topic_conf_dup(handle_);
        ::rd_kafka_topic_conf_set_opaque(conf, &delivered);
        auto* const named = ::rd_kafka_topic_new(handle_, topic.c_str(), conf);
        try {
            requireThere(topic, named);
        } catch (...) {
            ::rd_kafka_topic_destroy(named);
            throw;
        }
        return named;
    }

    /// How many partitions a topic has. What is not there: `StreamError`.
    [[nodiscard]] SLUICE_COLD std::int32_t partitionsOf(std::string const& topic)
    {
        auto* const named = ::rd_kafka_topic_new(handle_, topic.c_str(), nullptr);
        std::int32_t count = 0;
        try {
            count = requireThere(topic, named);
        } catch (...) {
            ::rd_kafka_topic_destroy(named);
            throw;
        }
        ::rd_kafka_topic_destroy(named);
        return count;
    }

    /// librdkafka is heard, and a stop that does not wait.
    SLUICE_COLD void look(int milliseconds = 0)
    {
        graph_->place().poll();
        poll(milliseconds);
    }

    SLUICE_COLD void begin()
    {
        transact("begin a transaction", [&](int) { return ::rd_kafka_begin_transaction(handle_); });
        in_transaction_ = true;
    }
    /// Returns when it is known what became of all records.
    SLUICE_COLD void flush()
    {
        auto const end = kafkaNow() + timeoutMilliseconds() + 5000;  // librdkafka gives up before
        for (int patience = 1; ::rd_kafka_flush(handle_, patience) != RD_KAFKA_RESP_ERR_NO_ERROR; patience < 50 ? patience *= 2 : 0) {
            graph_->place().poll();
            if (kafkaNow() > end)
                throw StreamError{concat({as_.subject, brokersText(), " did not take all records within ", timeoutText(), lastWords()})};
        }
        poll();
        requireNotFenced();
    }
    /// False: the group does not know the member any more, and says why.
    SLUICE_COLD bool sendOffsets(char const* what, KafkaList const& offsets, ::rd_kafka_consumer_group_metadata_t const* of,
                                 std::string& why)
    {
        // Asked once, and for as long as may be: what librdkafka gives up when the time is over, it gives up for good.
        auto const patience = static_cast<int>(timeoutMilliseconds() < 3'600'000 ? timeoutMilliseconds() : 3'600'000);
        auto* const said = ::rd_kafka_send_offsets_to_transaction(handle_, offsets.list, of, patience);
        if (said == nullptr) return true;
        auto const code = ::rd_kafka_error_code(said);
        why = ::rd_kafka_error_string(said);
        ::rd_kafka_error_destroy(said);
        if (code == RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION || code == RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID ||
            code == RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID)
            return false;
        requireNotFenced();
        throw StreamError{concat({as_.subject, brokersText(), " do not ", what, ": ", why})};
    }
    SLUICE_COLD void commit()
    {
        transact("commit a transaction", [&](int milliseconds) { return ::rd_kafka_commit_transaction(handle_, milliseconds); });
        in_transaction_ = false;
    }
    SLUICE_COLD void abort()
    {
        if (!in_transaction_) return;
        in_transaction_ = false;
        auto* const error = ::rd_kafka_abort_transaction(handle_, 5000);  // else its end is that of transaction.timeout.ms
        if (error != nullptr) ::rd_kafka_error_destroy(error);
    }

    /// What is under way is given up, and an open transaction is aborted.
    SLUICE_COLD void close()
    {
        if (handle_ == nullptr) return;
        abort();
        ::rd_kafka_purge(handle_, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING);
        ::rd_kafka_destroy(handle_);
        handle_ = nullptr;
    }

    /// What a group has committed of partition 0 of a topic, where no transaction is open that may still do; less than 0: nothing.
    SLUICE_COLD std::int64_t committedBy(std::string const& group, std::string const& topic)
    {
        // A consumer asks: an administrator's request (ListConsumerGroupOffsets) that is over before its coordinator was found ends the process
        // by an assertion (librdkafka 2.0.2, and those behind it).
        constexpr char const* what = "tell which batch was committed last";
        auto* const asking =
            made(RD_KAFKA_CONSUMER, {{"group.id", group.c_str()},
                                     {"isolation.level", "read_committed"},  // what a transaction has not committed yet is waited for
                                     {"enable.auto.commit", "false"},
                                     {"log_level", "3"}});  // not that it leaves out what is a producer's alone
        KafkaList list{1};
        list.add(topic, 0, RD_KAFKA_OFFSET_INVALID);
        try {
            require(what, await(what, [&](int milliseconds) {
                        list[0].offset = RD_KAFKA_OFFSET_INVALID;
                        auto const error = ::rd_kafka_committed(asking, list.list, milliseconds);
                        ::rd_kafka_poll(asking, 0);
                        return error != RD_KAFKA_RESP_ERR_NO_ERROR ? error : list[0].err;
                    }));
        } catch (...) {
            ::rd_kafka_destroy_flags(asking, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
            throw;
        }
        ::rd_kafka_destroy_flags(asking, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
        return list[0].offset;
    }

    /// Why it writes nothing any more; empty where it does. Throws where another one has taken its place.
    SLUICE_COLD std::string fatal()
    {
        requireNotFenced();
        return fatal_;
    }

private:
    SLUICE_COLD void serve(int milliseconds) override { ::rd_kafka_poll(handle_, milliseconds); }

    /// By a key as Java's clients do it; without one by the number that the record came with.
    SLUICE_COLD static std::int32_t partitionOf(::rd_kafka_topic_t const* topic, void const* key, std::size_t size, std::int32_t partitions,
                                                void* ofTopic, void* ofMessage)
    {
        if (key != nullptr) return ::rd_kafka_msg_partitioner_murmur2(topic, key, size, partitions, ofTopic, ofMessage);
        return static_cast<std::int32_t>(reinterpret_cast<std::size_t>(ofMessage) % static_cast<std::size_t>(partitions));
    }

    SLUICE_COLD std::int32_t requireThere(std::string const& topic, ::rd_kafka_topic_t* named)
    {
        std::int32_t count = 0;
        constexpr char const* what = "tell of a topic";
        auto const error = await(what, [&](int milliseconds) {
            struct ::rd_kafka_metadata const* metadata = nullptr;
            auto const asked = ::rd_kafka_metadata(handle_, 0, named, &metadata, milliseconds);
            if (asked != RD_KAFKA_RESP_ERR_NO_ERROR) return asked;
            auto const of = metadata->topics[0].err;
            count = metadata->topics[0].partition_cnt;
            ::rd_kafka_metadata_destroy(metadata);
            return of;
        });
        if (error == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART || error == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC)
            throw StreamError{concat({"topic ", topic, " is not there, at ", brokersText()})};
        if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
            throw StreamError{concat({"topic ", topic, ": ", ::rd_kafka_err2str(error), " (", brokersText(), ")"})};
        return count;
    }

    /// Throws where another one has taken the place of this one.
    SLUICE_COLD void requireNotFenced()
    {
        char why[512];
        auto const error = ::rd_kafka_fatal_error(handle_, why, sizeof why);
        fatal_ = error != RD_KAFKA_RESP_ERR_NO_ERROR ? why : "";
        if (!isTransactional()) return;
        if (error != RD_KAFKA_RESP_ERR__FENCED && error != RD_KAFKA_RESP_ERR_PRODUCER_FENCED &&
            error != RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH)
            return;
        fenced_ = concat({as_.subject, "another producer has the transactional id ", as_.transactionalId,
                          ", and has taken the place of this one, which is fenced and writes nothing any more: ", fatal_});
        in_transaction_ = false;
        throw StreamError{fenced_};
    }

    /// call(milliseconds) gives an error of librdkafka, or null.
    template <class Call>
    SLUICE_COLD void transact(char const* what, Call const& call)
    {
        std::string why;
        auto const error = await(what, [&](int milliseconds) {
            auto* const said = call(milliseconds);
            if (said == nullptr) return RD_KAFKA_RESP_ERR_NO_ERROR;
            auto code = ::rd_kafka_error_is_retriable(said) != 0 ? RD_KAFKA_RESP_ERR__TIMED_OUT : ::rd_kafka_error_code(said);
            // Then there is no other answer, whatever the reason was: a coordinator that another broker takes over is one.
            if (::rd_kafka_error_txn_requires_abort(said) != 0) code = RD_KAFKA_RESP_ERR__STATE;
            why = ::rd_kafka_error_string(said);
            ::rd_kafka_error_destroy(said);
            return code;
        });
        if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return;
        requireNotFenced();
        throw StreamError{concat({as_.subject, brokersText(), " do not ", what, ": ", why})};
    }

    As as_;
    ::rd_kafka_t* handle_ = nullptr;
    bool in_transaction_ = false;
    std::string fenced_;
    std::string fatal_;
};

}  // namespace sluice::inline SLUICE_ABI::detail
