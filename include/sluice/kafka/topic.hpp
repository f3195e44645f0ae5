#pragma once

#include <sluice/kafka/producer.hpp>
#include <sluice/kafka/producer_record.hpp>

#include <atomic>

namespace sluice::inline SLUICE_ABI::detail {

/// A topic that a producer writes to, and what became of the records that a batch gave it.
class KafkaTopic final : public KafkaDelivered {
public:
    KafkaTopic(KafkaProducer& producer, std::string name) : producer_(producer), name_(std::move(name)) {}
    KafkaTopic(KafkaTopic const&) = delete;
    KafkaTopic& operator=(KafkaTopic const&) = delete;
    SLUICE_COLD ~KafkaTopic() { close(); }

    [[nodiscard]] std::string const& name() const { return name_; }

    /// Of a producer that is open. What is not there: `StreamError`.
    SLUICE_COLD void open()
    {
        if (named_ == nullptr) named_ = producer_.openTopic(name_, *this);
    }
    /// Before the producer is closed.
    SLUICE_COLD void close()
    {
        if (named_ != nullptr) ::rd_kafka_topic_destroy(named_);
        named_ = nullptr;
    }

    /// Another batch begins.
    SLUICE_COLD void begin()
    {
        std::lock_guard const lock{mutex_};
        failures_ = 0;
        has_failed_.store(false, std::memory_order_relaxed);
        sent_.store(0, std::memory_order_relaxed);
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
    /// One record to a partition.
    bool sendTo(std::int32_t partition, KafkaBytes key, KafkaBytes value)
    {
        while (::rd_kafka_produce(named_, partition, RD_KAFKA_MSG_F_COPY, const_cast<void*>(value.data), value.size, key.data, key.size,
                                  nullptr) != 0) [[unlikely]] {
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
        while (auto* const error = ::rd_kafka_produceva(producer_.handle(), what, 8)) {
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
        producer_.look();
        return !has_failed_.load(std::memory_order_relaxed);
    }
    void addSent(std::int64_t records) { sent_.fetch_add(records, std::memory_order_relaxed); }
    [[nodiscard]] std::int64_t sent() const { return sent_.load(std::memory_order_relaxed); }

    /// Throws where a record was not delivered, when it is known what became of each.
    SLUICE_COLD void requireDelivered()
    {
        if (!has_failed_.load(std::memory_order_relaxed)) return;
        auto const fatal = producer_.fatal();
        auto const said = producer_.lastWords();
        std::lock_guard const lock{mutex_};
        auto const partition = partition_ == RD_KAFKA_PARTITION_UA ? "" : concat({", partition ", Digits{std::int64_t{partition_}}.text()});
        throw StreamError{
            concat({"topic ", name_, partition, ": ", fatal.empty() ? ::rd_kafka_err2str(reason_) : fatal.c_str(), ", for a record of ",
                    Digits{size_}.text(), " bytes: ", Digits{failures_}.text(), " of ", Digits{sent()}.text(),
                    " records of the batch were not delivered (", producer_.brokersText(), said, ")"})};
    }

    SLUICE_COLD void note(::rd_kafka_resp_err_t error, std::int32_t partition, std::size_t size) override
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

private:
    /// Whether a record that was not taken is to be given again.
    SLUICE_COLD bool goesOnAfter(::rd_kafka_resp_err_t error, std::size_t size)
    {
        if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
            note(error, RD_KAFKA_PARTITION_UA, size);
            addSent(1);
            return false;
        }
        producer_.look(5);
        return !has_failed_.load(std::memory_order_relaxed);
    }
    static void* opaqueOf(std::size_t number) { return reinterpret_cast<void*>(number); }

    KafkaProducer& producer_;  // which who holds this holds
    std::string name_;
    ::rd_kafka_topic_t* named_ = nullptr;
    std::atomic<bool> has_failed_{false};
    std::atomic<std::int64_t> sent_{0};
    std::mutex mutex_;
    // Of the first one that failed, under the lock:
    std::int64_t failures_ = 0;
    ::rd_kafka_resp_err_t reason_ = RD_KAFKA_RESP_ERR_NO_ERROR;
    std::int32_t partition_ = RD_KAFKA_PARTITION_UA;
    std::size_t size_ = 0;
};

}  // namespace sluice::inline SLUICE_ABI::detail
