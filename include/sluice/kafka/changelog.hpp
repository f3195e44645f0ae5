#pragma once

#include <sluice/kafka/connection.hpp>
#include <sluice/kafka/entries.hpp>
#include <sluice/kafka/key_partitioner.hpp>
#include <sluice/kafka/offset_range.hpp>
#include <sluice/kafka/producer_record.hpp>
#include <sluice/kafka/schemas.hpp>
#include <sluice/kafka/topics.hpp>
#include <sluice/stream/checkpointing.hpp>

#include <algorithm>
#include <optional>

// States in topics: what batches change of them is written there by key, compacted, and whoever has a partition next reads it from there.
// One file although it is long: what is written and what is read of it must agree.

namespace sluice::inline SLUICE_ABI::detail {

/// What a process has read of a partition of a changelog.
struct KafkaCopy {
    explicit KafkaCopy(kafka::TopicPartition partition) : of(std::move(partition)) {}

    kafka::TopicPartition of;
    KafkaEntries entries{};
    std::int64_t next = 0;  // offset behind what was read
    std::int64_t end = 0;   // that it is read up to at least
    bool isWhole = false;
};

/// Reads partitions of changelogs, from where a copy of each stands to their end. Who has it keeps one process's changelogs.
class KafkaChangelogReader final : public KafkaConnection {
public:
    /// `patience` is how long nothing may come: what an owner before has left open that died ends within its transaction's time-out.
    SLUICE_COLD KafkaChangelogReader(Counted<GraphCore> graph, Label const& label, std::string const& brokers, Duration timeout,
                                     Duration patience, std::vector<std::pair<std::string, std::string>> const& properties)
        : KafkaConnection(std::move(graph), label, brokers, timeout), patience_(patience)
    {
        // Much is fetched ahead, since it is read faster than it comes: where enough is there, librdkafka pauses for a second.
        set("queued.min.messages", "2000000");
        set("queued.max.messages.kbytes", "262144");
        set("fetch.message.max.bytes", "8388608");
        set("fetch.wait.max.ms", "50");
        configure("DistributeOptions", properties, fixedProperties);
        set("group.id", "sluice");  // assigning asks for one, which is not used
        set("enable.auto.commit", "false");
        set("enable.auto.offset.store", "false");
        set("auto.offset.reset", "earliest");  // also where compaction has taken the record that it stood at
        set("enable.partition.eof", "true");
        set("isolation.level", "read_uncommitted");
    }
    SLUICE_COLD ~KafkaChangelogReader()
    {
        forgetTopics();
        if (queue_ != nullptr) ::rd_kafka_queue_destroy(queue_);
        for (auto* const one : {asked_, reader_}) {
            if (one != nullptr) ::rd_kafka_destroy_flags(one, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
        }
    }

    /// Reads all that is there of these when it is called, and what was committed of it: it waits for the ends of transactions that are
    /// open then. Who has these partitions now is the only one who may write there.
    SLUICE_COLD void read(std::vector<KafkaCopy*> const& copies)
    {
        if (copies.empty()) return;
        open();
        for (auto const* const copy : copies) introduce(reader_, copy->of.topic);
        askEnds(copies);
        begin(copies);
        auto quietSince = kafkaNow();
        while (!std::all_of(copies.begin(), copies.end(), [](auto const* copy) { return copy->isWhole; })) {
            if (take(100, copies)) quietSince = kafkaNow();
            else if (kafkaNow() - quietSince > patience_ / std::chrono::milliseconds{1}) failSilent(copies);
            graph_->place().poll();
        }
        ::rd_kafka_assign(reader_, nullptr);
    }

    /// Follows these from now on, and nothing else: what comes is taken by take().
    SLUICE_COLD void begin(std::vector<KafkaCopy*> const& copies)
    {
        open();
        for (auto const* const copy : copies) introduce(reader_, copy->of.topic);
        KafkaList list{copies.size()};
        for (auto* const copy : copies) {
            copy->isWhole = false;
            list.add(copy->of.topic, copy->of.partition, copy->next > 0 ? copy->next : RD_KAFKA_OFFSET_BEGINNING);
        }
        KafkaConnection::require("take an assignment", ::rd_kafka_assign(reader_, list.list));
    }
    /// What has come of these, which waits so long for something. False: nothing.
    SLUICE_COLD bool take(int milliseconds, std::vector<KafkaCopy*> const& copies)
    {
        ::rd_kafka_message_t* messages[atOnce];
        poll();
        auto count = ::rd_kafka_consume_batch_queue(queue_, 0, messages, atOnce);
        if (count <= 0) count = ::rd_kafka_consume_batch_queue(queue_, milliseconds, messages, 1);  // more would be waited for
        if (count <= 0) return false;
        KafkaCopy* copy = nullptr;
        std::exception_ptr failure;
        for (::ssize_t i = 0; i < count; ++i) {
            auto& message = *messages[i];
            if (message.rkt != nullptr && (copy == nullptr || message.partition != copy->of.partition || message.rkt != rkt_)) {
                copy = find(message, copies);
                rkt_ = message.rkt;
            }
            if (failure == nullptr && copy != nullptr) {
                try {
                    taken(message, *copy);
                } catch (...) {
                    failure = std::current_exception();
                }
            }
            ::rd_kafka_message_destroy(&message);
        }
        rkt_ = nullptr;
        if (failure != nullptr) std::rethrow_exception(failure);
        return true;
    }

private:
    static constexpr std::size_t atOnce = 2048;

    static constexpr KafkaFixedProperty fixedProperties[] = {
        {"bootstrap.servers", "DistributeOptions::brokers says it"},        {"metadata.broker.list", "DistributeOptions::brokers says it"},
        {"isolation.level", "states are read as they were committed"},      {"auto.offset.reset", "states are read from their beginning"},
        {"enable.partition.eof", "it is needed, to know where states end"}, {"log.queue", "what librdkafka says is told to Config::log"},
    };

    SLUICE_COLD void serve(int milliseconds) override
    {
        ::rd_kafka_poll(asked_, milliseconds);
        ::rd_kafka_poll(reader_, 0);
    }

    SLUICE_COLD void open()
    {
        if (reader_ != nullptr) return;
        asked_ = made(RD_KAFKA_CONSUMER);  // tells how far partitions go, also behind what is not committed
        set("isolation.level", "read_committed");
        reader_ = made(RD_KAFKA_CONSUMER);
        queue_ = ::rd_kafka_queue_get_consumer(reader_);
    }

    SLUICE_COLD void askEnds(std::vector<KafkaCopy*> const& copies)
    {
        constexpr char const* what = "tell the offsets of partitions";
        KafkaConnection::require(what, await(what, [&](int milliseconds) {
                                     KafkaList list{copies.size()};
                                     for (auto const* const copy : copies)
                                         list.add(copy->of.topic, copy->of.partition, RD_KAFKA_OFFSET_END);
                                     auto const error = ::rd_kafka_offsets_for_times(asked_, list.list, milliseconds);
                                     if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return error;
                                     for (std::size_t i = 0; i < copies.size(); ++i) {
                                         auto const* const answer = ::rd_kafka_topic_partition_list_find(
                                             list.list, copies[i]->of.topic.c_str(), copies[i]->of.partition);
                                         if (answer->err != RD_KAFKA_RESP_ERR_NO_ERROR) return answer->err;
                                         copies[i]->end = answer->offset;
                                     }
                                     return RD_KAFKA_RESP_ERR_NO_ERROR;
                                 }));
    }

    [[nodiscard]] static KafkaCopy* find(::rd_kafka_message_t const& message, std::vector<KafkaCopy*> const& copies)
    {
        std::string_view const topic{::rd_kafka_topic_name(message.rkt)};
        for (auto* const copy : copies) {
            if (copy->of.partition == message.partition && copy->of.topic == topic) return copy;
        }
        return nullptr;
    }

    void taken(::rd_kafka_message_t const& message, KafkaCopy& copy)
    {
        if (message.err != RD_KAFKA_RESP_ERR_NO_ERROR) return notMessage(message, copy);
        if (message.offset < copy.next) return;
        copy.next = message.offset + 1;
        if (message.key == nullptr)
            throw StreamError{
                concat({name(copy), ", offset ", Digits{message.offset}.text(), ": a record without a key is none of a state"})};
        std::string_view const key{static_cast<char const*>(message.key), message.key_len};
        if (message.payload == nullptr) copy.entries.remove(key);
        else copy.entries.put(key, {static_cast<char const*>(message.payload), message.len});
    }
    SLUICE_COLD void notMessage(::rd_kafka_message_t const& message, KafkaCopy& copy)
    {
        if (message.err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
            if (message.offset > copy.next) copy.next = message.offset;
            copy.isWhole = copy.next >= copy.end;
            return;
        }
        last_ = concat({": ", ::rd_kafka_message_errstr(&message)});
        bool const isUnknown = message.err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
                               message.err == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION || message.err == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC;
        if (!isUnknown && !mayPass(message.err)) throw StreamError{concat({name(copy), last_})};
    }

    [[noreturn]] SLUICE_COLD void failSilent(std::vector<KafkaCopy*> const& copies)
    {
        for (auto const* const copy : copies) {
            if (copy->isWhole) continue;
            throw StreamError{concat({name(*copy), ": states are read up to offset ", Digits{copy->next}.text(), " of ",
                                      Digits{copy->end}.text(), ", and nothing more came within ", toString(patience_), " from ",
                                      brokersText(), last_.empty() ? lastWords() : last_})};
        }
        throw StreamError{"sluice: states are not read"};  // never: one of them is not whole
    }

    [[nodiscard]] SLUICE_COLD static std::string name(KafkaCopy const& copy)
    {
        return concat({"topic ", copy.of.topic, ", partition ", Digits{std::int64_t{copy.of.partition}}.text()});
    }

    Duration patience_;
    ::rd_kafka_t* asked_ = nullptr;
    ::rd_kafka_t* reader_ = nullptr;
    ::rd_kafka_queue_t* queue_ = nullptr;
    ::rd_kafka_topic_t const* rkt_ = nullptr;  // of the message before
    std::string last_;
};

/// Takes what a changelog writes.
struct KafkaChanges {
    /// False: it has failed, and takes no more. A value that is null deletes the key.
    virtual bool send(KafkaBytes key, KafkaBytes value, std::int32_t partition) = 0;

protected:
    ~KafkaChanges() = default;
};

/// The topic of a state: its keys are divided as those of the topic behind which the state stands, and its records are what has changed of them.
/// The graph has the part for as long as this is used.
class KafkaChangelog final : CheckpointSink {
public:
    SLUICE_COLD KafkaChangelog(CheckpointedPart& part, std::string topic, std::int32_t partitions)
        : part_(part), topic_(std::move(topic)), partitions_(partitions), schemas_(part.keySchema(), part.valueSchema())
    {
    }
    KafkaChangelog(KafkaChangelog const&) = delete;
    KafkaChangelog& operator=(KafkaChangelog const&) = delete;
    ~KafkaChangelog() = default;

    /// `<application>-<name of the state>-changelog`.
    [[nodiscard]] SLUICE_COLD static std::string topicOf(std::string const& application, std::string const& name)
    {
        return concat({application, "-", name, "-changelog"});
    }
    [[nodiscard]] std::string const& topic() const { return topic_; }
    [[nodiscard]] std::int32_t partitions() const { return partitions_; }
    [[nodiscard]] CheckpointedPart& part() const { return part_; }
    [[nodiscard]] SLUICE_COLD KafkaTopicSpec spec() const { return {topic_, partitions_, "compact", {}, -1, where(part_.label())}; }

    /// Before the first batch: it has no key, and what batches change is told. `last` is the time before the first.
    SLUICE_COLD void begin(Time last)
    {
        part_.open(last, schemas_.keySchema(), schemas_.valueSchema());
        part_.loaded();
    }

    /// What was changed since this was said last, in these partitions: a key of another one, which another process has, is an error. How many
    /// records that is.
    SLUICE_COLD std::int64_t save(KafkaChanges& to, std::vector<std::int32_t> const& here)
    {
        to_ = &to;
        sent_ = 0;
        stray_ = -1;
        is_here_.assign(static_cast<std::size_t>(partitions_), 0);
        for (auto const partition : here) is_here_[static_cast<std::size_t>(partition)] = 1;
        part_.saveChanges(*this);
        to_ = nullptr;
        if (stray_ < 0) return sent_;
        throw StreamError{part_.label(),
                          concat({"a state has a key of partition ", Digits{std::int64_t{stray_}}.text(), " of ",
                                  Digits{std::int64_t{partitions_}}.text(),
                                  ", which this process does not have: a function that makes rows of rows must keep their keys"})};
    }

    /// Between batches, in the graph's turn: the keys of these partitions go.
    SLUICE_COLD void forget(std::vector<std::int32_t> const& partitions)
    {
        Lost const lost{*this, partitions};
        part_.forget(lost);
    }

    /// Between batches, in the graph's turn: a partition comes, which this process has not. What an older version of the program has written is
    /// converted; what cannot be is refused by an error that names the state and the topic.
    SLUICE_COLD void load(Time last, KafkaCopy const& copy)
    {
        try {
            load(last, copy.entries);
        } catch (...) {
            std::throw_with_nested(StreamError{
                part_.label(), concat({"what topic ", copy.of.topic, ", partition ", Digits{std::int64_t{copy.of.partition}}.text(),
                                       ", has of it cannot be used: ", errorText(std::current_exception())})});
        }
    }

private:
    struct Lost final : CheckpointedKeys {
        Lost(KafkaChangelog const& of, std::vector<std::int32_t> const& all) : changelog(of), partitions(all) {}

        [[nodiscard]] bool include(std::string_view key) const override
        {
            auto const of = changelog.partitionOf(changelog.written(key));
            return std::find(partitions.begin(), partitions.end(), of) != partitions.end();
        }
        KafkaChangelog const& changelog;
        std::vector<std::int32_t> const& partitions;
    };

    /// The bytes of a key in its binary form, as they are in topics.
    [[nodiscard]] std::string_view written(std::string_view encoded) const
    {
        return KafkaKeyBytes<std::string>::asWritten(encoded, schemas_.keysAreText());
    }
    [[nodiscard]] std::int32_t partitionOf(std::string_view keyBytes) const { return kafkaPartition(keyBytes, partitions_); }

    // ---- what is written ----------------------------------------------------------------------------------------------

    void put(std::string_view key, std::string_view value) override
    {
        value_.assign(schemas_.before());
        value_.append(value);
        send(key, {value_.data(), value_.size()});
    }
    void remove(std::string_view key) override { send(key, {}); }
    void reset() override {}  // nobody does, nor the next
    void take(CheckpointEntries&&) override {}
    void send(std::string_view encoded, KafkaBytes value)
    {
        if (to_ == nullptr) return;
        auto const key = written(encoded);
        auto const partition = partitionOf(key);
        if (is_here_[static_cast<std::size_t>(partition)] == 0) {
            stray_ = partition;
            to_ = nullptr;
        } else if (to_->send({key.data(), key.size()}, value, partition)) {
            ++sent_;
        } else {
            to_ = nullptr;  // what has become of it is known there
        }
    }

    // ---- what is read -------------------------------------------------------------------------------------------------

    SLUICE_COLD void load(Time last, KafkaEntries const& entries)
    {
        std::vector<std::string> others;  // schemas of other versions
        part_.open(last, schemas_.keySchema(), schemas_.valueSchema());
        entries.each([&](std::string_view key, std::string_view message) {
            auto const value = schemas_.valueOf(message);
            if (value.schema == schemas_.valueSchema()) return loadOne(key, value.bytes);
            for (auto const& known : others) {
                if (known == value.schema) return;
            }
            others.emplace_back(value.schema);
        });
        for (auto const& schema : others) {
            part_.open(last, schemas_.keySchema(), schema);
            entries.each([&](std::string_view key, std::string_view message) {
                auto const value = schemas_.valueOf(message);
                if (value.schema == schema) loadOne(key, value.bytes);
            });
        }
        part_.loaded();
    }
    void loadOne(std::string_view key, std::string_view value)
    {
        if (!schemas_.keysAreText()) return part_.load(key, value);
        key_.clear();
        BinaryWriter writer{key_};
        writer.text(key);
        writer.finish();
        part_.load(key_, value);
    }

    CheckpointedPart& part_;
    std::string topic_;
    std::int32_t partitions_;
    KafkaSchemas schemas_;
    KafkaChanges* to_ = nullptr;
    std::int64_t sent_ = 0;
    std::int32_t stray_ = -1;      // a partition that it does not have
    std::vector<char> is_here_{};  // by partition
    std::string value_;
    std::string key_;
};

}  // namespace sluice::inline SLUICE_ABI::detail
