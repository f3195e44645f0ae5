#pragma once

#include <sluice/kafka/connection.hpp>
#include <sluice/kafka/producer_options.hpp>
#include <sluice/kafka/producer_record.hpp>

#include <atomic>

// One file although it is long: what becomes of a record, from the call that gives it to the broker's answer, is told in one place.

namespace sluice::inline SLUICE_ABI::detail {

/// Writes the records of batches to a topic, one batch after the other, each by all workers. It is open from its first batch on, until
/// something fails: the next attempt opens it anew, so that nothing of the one before it is still under way.
class KafkaProducer final : public KafkaConnection {
public:
    /// What librdkafka refuses: `InvalidArgument`. Nothing is connected yet.
    SLUICE_COLD KafkaProducer(Counted<GraphCore> graph, Label const& label, std::string topic, kafka::ProducerOptions const& options)
        : KafkaConnection(std::move(graph), label, options.brokers, options.timeout),
          topic_(std::move(topic)),
          transactional_id_(options.transactionalId)
    {
        if (topic_.empty()) refuse({"the topic has no name"});
        configure("ProducerOptions", options.properties, fixedProperties);
        set("enable.idempotence", "true");
        set("delivery.report.only.error", "true");  // that all went well is known by nothing being left
        auto const timeout = std::to_string(timeoutMilliseconds());
        set("message.timeout.ms", timeout.c_str());
        if (isTransactional()) {
            set("transactional.id", transactional_id_.c_str());
            if (timeoutMilliseconds() > 60'000) set("transaction.timeout.ms", timeout.c_str());  // which must be no less
        }
        ::rd_kafka_conf_set_dr_msg_cb(conf_, [](::rd_kafka_t*, ::rd_kafka_message_t const* message, void* producer) {
            static_cast<KafkaProducer*>(static_cast<KafkaConnection*>(producer))->note(message->err, message->partition, message->len);
        });
        for (auto const& property : options.properties) {
            if (property.first == "partitioner") return;
        }
        set("sticky.partitioning.linger.ms", "0");  // which else would choose in our place
        ::rd_kafka_topic_conf_set_partitioner_cb(::rd_kafka_conf_get_default_topic_conf(conf_), partitionOf);
    }
    SLUICE_COLD ~KafkaProducer() { close(); }

    /// Batch t is going to be written. False: it was committed already.
    SLUICE_COLD bool begin(Time t)
    {
        if (!fenced_.empty()) throw StreamError{fenced_};
        if (handle_ == nullptr) open();
        {
            std::lock_guard const lock{mutex_};
            failures_ = 0;
        }
        has_failed_.store(false, std::memory_order_relaxed);
        sent_.store(0, std::memory_order_relaxed);
        if (!isTransactional()) return true;
        if (t <= committed_ && (t == attempted_ || graph_->checkpointing() != nullptr)) {
            graph_->log({LogLevel::info, label_, t, concat({"topic ", topic_, ": this batch is committed already, and is left out"})});
            return false;
        }
        transact("begin a transaction", [&](int) { return ::rd_kafka_begin_transaction(handle_); });
        in_transaction_ = true;
        return true;
    }

    /// Of the partition for what has neither key nor partition, in the first partition of batch t.
    [[nodiscard]] SLUICE_COLD std::size_t numberOf(Time t) const
    {
        return static_cast<std::size_t>(t.microseconds() / graph_->interval().count());
    }
    /// One record, by any worker. Without a key and a partition it goes to the one of this number, modulo how many there are. False: the
    /// batch has failed, which `finish` says.
    bool send(KafkaBytes key, KafkaBytes value, std::size_t number)
    {
        // It is copied: a record may be gone with the call, and to copy it is the least of what librdkafka does with it.
        while (::rd_kafka_produce(named_, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY, const_cast<void*>(value.data), value.size, key.data,
                                  key.size, opaqueOf(number)) != 0) [[unlikely]] {
            if (!goesOnAfter(::rd_kafka_last_error(), value.size)) return false;
        }
        return true;
    }
    SLUICE_COLD bool send(kafka::ProducerRecord const& record, std::size_t number)
    {
        auto const key = kafkaBytes(record.key);
        auto const value = kafkaBytes(record.value);
        auto* const headers = ::rd_kafka_headers_new(record.headers.size());
        for (auto const& [name, of] : record.headers) {
            auto const bytes = kafkaBytes(of);
            ::rd_kafka_header_add(headers, name.data(), static_cast<::ssize_t>(name.size()), bytes.data,
                                  static_cast<::ssize_t>(bytes.size));
        }
        ::rd_kafka_vu_t what[8] = {};
        what[0].vtype = RD_KAFKA_VTYPE_RKT;
        what[0].u.rkt = named_;
        what[1].vtype = RD_KAFKA_VTYPE_PARTITION;
        what[1].u.i32 = record.partition.value_or(RD_KAFKA_PARTITION_UA);
        what[2].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
        what[2].u.i = RD_KAFKA_MSG_F_COPY;
        what[3].vtype = RD_KAFKA_VTYPE_KEY;
        what[3].u.mem = {const_cast<void*>(key.data), key.size};
        what[4].vtype = RD_KAFKA_VTYPE_VALUE;
        what[4].u.mem = {const_cast<void*>(value.data), value.size};
        what[5].vtype = RD_KAFKA_VTYPE_TIMESTAMP;
        what[5].u.i64 = record.timestamp ? record.timestamp->milliseconds() : 0;
        what[6].vtype = RD_KAFKA_VTYPE_OPAQUE;
        what[6].u.ptr = opaqueOf(number);
        what[7].vtype = RD_KAFKA_VTYPE_HEADERS;
        what[7].u.headers = headers;  // taken when it succeeds
        while (auto* const error = ::rd_kafka_produceva(handle_, what, 8)) {
            auto const code = ::rd_kafka_error_code(error);
            ::rd_kafka_error_destroy(error);
            if (goesOnAfter(code, value.size)) continue;
            ::rd_kafka_headers_destroy(headers);
            return false;
        }
        return true;
    }

    /// Said now and then by each worker: librdkafka is heard. False: the batch has failed.
    SLUICE_COLD bool look()
    {
        graph_->place().poll();
        poll();
        return !has_failed_.load(std::memory_order_relaxed);
    }
    void addSent(std::int64_t records) { sent_.fetch_add(records, std::memory_order_relaxed); }

    /// Returns when brokers have all records of batch t; throws where one is not delivered, when it is known what became of each.
    SLUICE_COLD void finish(Time t)
    {
        auto const end = kafkaNow() + timeoutMilliseconds() + 5000;  // librdkafka gives up before
        for (int patience = 1; ::rd_kafka_flush(handle_, patience) != RD_KAFKA_RESP_ERR_NO_ERROR; patience < 50 ? patience *= 2 : 0) {
            graph_->place().poll();
            if (kafkaNow() > end)
                throw StreamError{
                    concat({"topic ", topic_, ": ", brokersText(), " did not take all records within ", timeoutText(), lastWords()})};
        }
        poll();
        if (has_failed_.load(std::memory_order_relaxed)) fail();
        if (isTransactional()) commit(t);
    }

    /// What is under way is given up, and an open transaction is aborted.
    SLUICE_COLD void close()
    {
        if (handle_ == nullptr) return;
        if (in_transaction_) {
            auto* const error = ::rd_kafka_abort_transaction(handle_, 5000);  // else its end is that of transaction.timeout.ms
            if (error != nullptr) ::rd_kafka_error_destroy(error);
            in_transaction_ = false;
        }
        ::rd_kafka_purge(handle_, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING);
        if (named_ != nullptr) ::rd_kafka_topic_destroy(named_);
        ::rd_kafka_destroy(handle_);
        named_ = nullptr;
        handle_ = nullptr;
    }

private:
    static constexpr KafkaFixedProperty fixedProperties[] = {
        {"bootstrap.servers", "ProducerOptions::brokers says it"},
        {"metadata.broker.list", "ProducerOptions::brokers says it"},
        {"transactional.id", "ProducerOptions::transactionalId says it"},
        {"message.timeout.ms", "ProducerOptions::timeout says it"},
        {"delivery.timeout.ms", "ProducerOptions::timeout says it"},
        {"enable.idempotence", "the output is always idempotent, so that what is sent again is there once"},
        {"delivery.report.only.error", "the output waits for all records itself"},
        {"log.queue", "what librdkafka says is told to Config::log"},
    };

    [[nodiscard]] bool isTransactional() const { return !transactional_id_.empty(); }

    SLUICE_COLD void serve(int milliseconds) override { ::rd_kafka_poll(handle_, milliseconds); }

    // ---- where a record goes ------------------------------------------------------------------------------------------

    static void* opaqueOf(std::size_t number) { return reinterpret_cast<void*>(number); }

    /// By a key as Java's clients do it.
    SLUICE_COLD static std::int32_t partitionOf(::rd_kafka_topic_t const* topic, void const* key, std::size_t size, std::int32_t partitions,
                                                void* ofTopic, void* ofMessage)
    {
        if (key != nullptr) return ::rd_kafka_msg_partitioner_murmur2(topic, key, size, partitions, ofTopic, ofMessage);
        return static_cast<std::int32_t>(reinterpret_cast<std::size_t>(ofMessage) % static_cast<std::size_t>(partitions));
    }

    // ---- what fails ---------------------------------------------------------------------------------------------------

    /// Whether a record that was not taken is to be given again.
    SLUICE_COLD bool goesOnAfter(::rd_kafka_resp_err_t error, std::size_t size)
    {
        if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
            note(error, RD_KAFKA_PARTITION_UA, size);
            addSent(1);
            return false;
        }
        graph_->place().poll();
        poll(5);
        return !has_failed_.load(std::memory_order_relaxed);
    }

    SLUICE_COLD void note(::rd_kafka_resp_err_t error, std::int32_t partition, std::size_t size)
    {
        if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return;
        {
            std::lock_guard const lock{mutex_};
            if (failures_++ == 0) {
                reason_ = error;
                partition_ = partition;
                size_ = size;
            }
        }
        has_failed_.store(true, std::memory_order_relaxed);
    }

    [[noreturn]] SLUICE_COLD void fail()
    {
        requireNotFenced();
        auto const said = lastWords();
        std::lock_guard const lock{mutex_};
        auto const partition = partition_ == RD_KAFKA_PARTITION_UA ? "" : concat({", partition ", Digits{std::int64_t{partition_}}.text()});
        throw StreamError{concat({"topic ", topic_, partition, ": ", fatal_.empty() ? ::rd_kafka_err2str(reason_) : fatal_.c_str(),
                                  ", for a record of ", Digits{size_}.text(), " bytes: ", Digits{failures_}.text(), " of ",
                                  Digits{sent_.load(std::memory_order_relaxed)}.text(), " records of the batch were not delivered (",
                                  brokersText(), said, ")"})};
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
        fenced_ = concat({"topic ", topic_, ": another producer has the transactional id ", transactional_id_,
                          ", and has taken the place of this one, which is fenced and writes nothing any more: ", fatal_});
        in_transaction_ = false;
        throw StreamError{fenced_};
    }

    // ---- what is asked ------------------------------------------------------------------------------------------------

    SLUICE_COLD void open()
    {
        handle_ = made(RD_KAFKA_PRODUCER);
        named_ = ::rd_kafka_topic_new(handle_, topic_.c_str(), nullptr);
        constexpr char const* what = "tell of a topic";
        auto const error = await(what, [&](int milliseconds) {
            struct ::rd_kafka_metadata const* metadata = nullptr;
            auto const asked = ::rd_kafka_metadata(handle_, 0, named_, &metadata, milliseconds);
            if (asked != RD_KAFKA_RESP_ERR_NO_ERROR) return asked;
            auto const of = metadata->topics[0].err;
            ::rd_kafka_metadata_destroy(metadata);
            return of;
        });
        if (error == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART || error == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC)
            throw StreamError{concat({"topic ", topic_, " is not there, at ", brokersText()})};
        if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
            throw StreamError{concat({"topic ", topic_, ": ", ::rd_kafka_err2str(error), " (", brokersText(), ")"})};
        if (!isTransactional()) return;
        transact("begin with transactions", [&](int milliseconds) { return ::rd_kafka_init_transactions(handle_, milliseconds); });
        committed_ = committed();
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
        throw StreamError{concat({"topic ", topic_, ": ", brokersText(), " do not ", what, ": ", why})};
    }

    /// Where it is kept which batch was committed last: as if the topic itself were read by a group of this name, up to an offset that is the
    /// time of the batch, in microseconds. It is committed with the records.
    [[nodiscard]] SLUICE_COLD std::string group() const { return concat({"sluice-", transactional_id_}); }

    SLUICE_COLD void commit(Time t)
    {
        if (sent_.load(std::memory_order_relaxed) > 0) {
            KafkaList list{1};
            list.add(topic_, 0, t.microseconds());
            auto* const of = ::rd_kafka_consumer_group_metadata_new(group().c_str());
            try {
                transact("note in a transaction which batch it is",
                         [&](int milliseconds) { return ::rd_kafka_send_offsets_to_transaction(handle_, list.list, of, milliseconds); });
            } catch (...) {
                ::rd_kafka_consumer_group_metadata_destroy(of);
                throw;
            }
            ::rd_kafka_consumer_group_metadata_destroy(of);
        }
        attempted_ = t;
        transact("commit a transaction", [&](int milliseconds) { return ::rd_kafka_commit_transaction(handle_, milliseconds); });
        in_transaction_ = false;
        if (sent_.load(std::memory_order_relaxed) > 0) committed_ = t;
    }

    /// The batch that was committed last, in this life or another one.
    SLUICE_COLD Time committed()
    {
        // A consumer asks: an administrator's request (ListConsumerGroupOffsets) that is over before its coordinator was found ends the process
        // by an assertion (librdkafka 2.0.2, and those behind it).
        constexpr char const* what = "tell which batch was committed last";
        auto const name = group();
        auto* const asking =
            made(RD_KAFKA_CONSUMER, {{"group.id", name.c_str()},
                                     {"isolation.level", "read_committed"},  // what a transaction has not committed yet is waited for
                                     {"enable.auto.commit", "false"},
                                     {"log.configuration.warnings", "false"}});  // of what is a producer's alone
        KafkaList list{1};
        list.add(topic_, 0, RD_KAFKA_OFFSET_INVALID);
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
        return Time{Duration{list[0].offset}};
    }

    std::string topic_;
    std::string transactional_id_;
    ::rd_kafka_t* handle_ = nullptr;
    ::rd_kafka_topic_t* named_ = nullptr;
    bool in_transaction_ = false;
    Time committed_{Duration{-1}};
    Time attempted_{Duration{-1}};  // in this life: what became of it may have to be asked
    std::string fenced_;
    std::string fatal_;
    std::atomic<bool> has_failed_{false};
    std::atomic<std::int64_t> sent_{0};
    // Of the first one that failed, under the lock:
    std::int64_t failures_ = 0;
    ::rd_kafka_resp_err_t reason_ = RD_KAFKA_RESP_ERR_NO_ERROR;
    std::int32_t partition_ = RD_KAFKA_PARTITION_UA;
    std::size_t size_ = 0;
};

}  // namespace sluice::inline SLUICE_ABI::detail
