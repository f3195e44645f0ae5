#pragma once

#include <sluice/kafka/topic.hpp>

namespace sluice::inline SLUICE_ABI::detail {

/// Writes the records of batches to a topic, one batch after the other, each by all workers, with a producer of its own: it is open from its
/// first batch on, until something fails: the next attempt opens it anew, so that nothing of the one before it is still under way.
class KafkaWriter final : public RefCounted {
public:
    /// What librdkafka refuses: `InvalidArgument`. Nothing is connected yet.
    SLUICE_COLD KafkaWriter(Counted<GraphCore> const& graph, Label const& label, std::string topic, kafka::ProducerOptions const& options)
        : graph_(graph.get()),
          label_(label),
          producer_(
              makeCounted<KafkaProducer>(graph, requireNamed(label, topic),
                                         KafkaProducer::As{"ProducerOptions", concat({"topic ", topic, ": "}), options.transactionalId},
                                         options.brokers, options.timeout, options.properties, fixedProperties)),
          topic_(makeCounted<KafkaTopic>(*producer_, std::move(topic)))
    {
    }
    SLUICE_COLD ~KafkaWriter() { close(); }

    [[nodiscard]] KafkaTopic& topic() const { return *topic_; }

    /// Batch t is going to be written. False: it was committed already.
    SLUICE_COLD bool begin(Time t)
    {
        producer_->requireInPlace();
        if (producer_->handle() == nullptr) open();
        topic_->begin();
        if (!producer_->isTransactional()) return true;
        if (t <= committed_ && (t == attempted_ || graph_->checkpointing() != nullptr)) {
            graph_->log(
                {LogLevel::info, label_, t, concat({"topic ", topic_->name(), ": this batch is committed already, and is left out"})});
            return false;
        }
        producer_->begin();
        return true;
    }

    /// Returns when brokers have all records of batch t; throws where one is not delivered, when it is known what became of each.
    SLUICE_COLD void finish(Time t)
    {
        producer_->flush();
        topic_->requireDelivered();
        if (producer_->isTransactional()) commit(t);
    }

    SLUICE_COLD void close()
    {
        producer_->abort();
        topic_->close();
        producer_->close();
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

    SLUICE_COLD static Label const& requireNamed(Label const& label, std::string const& topic)
    {
        if (topic.empty()) throw InvalidArgument{concat({where(label), ": the topic has no name"})};
        return label;
    }

    SLUICE_COLD void open()
    {
        producer_->open();
        try {
            topic_->open();
        } catch (...) {
            producer_->close();
            throw;
        }
        if (producer_->isTransactional()) committed_ = Time{Duration{producer_->committedBy(group(), topic_->name())}};
    }

    /// Where it is kept which batch was committed last: as if the topic itself were read by a group of this name, up to an offset that is the
    /// time of the batch, in microseconds. It is committed with the records.
    [[nodiscard]] SLUICE_COLD std::string group() const { return concat({"sluice-", producer_->transactionalId()}); }

    SLUICE_COLD void commit(Time t)
    {
        if (topic_->sent() > 0) {
            KafkaList list{1};
            list.add(topic_->name(), 0, t.microseconds());
            auto* const of = ::rd_kafka_consumer_group_metadata_new(group().c_str());
            std::string why;
            bool known = false;
            try {
                known = producer_->sendOffsets("note in a transaction which batch it is", list, of, why);
            } catch (...) {
                ::rd_kafka_consumer_group_metadata_destroy(of);
                throw;
            }
            ::rd_kafka_consumer_group_metadata_destroy(of);
            if (!known)
                throw StreamError{concat({"topic ", topic_->name(), ": ", producer_->brokersText(), " do not note its batch: ", why})};
        }
        attempted_ = t;
        producer_->commit();
        if (topic_->sent() > 0) committed_ = t;
    }

    GraphCore* graph_;  // which has the output that has this
    Label label_;
    Counted<KafkaProducer> producer_;
    Counted<KafkaTopic> topic_;  // behind its producer
    Time committed_{Duration{-1}};
    Time attempted_{Duration{-1}};  // in this life: what became of it may have to be asked
};

}  // namespace sluice::inline SLUICE_ABI::detail
