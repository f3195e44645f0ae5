#pragma once

#include <sluice/batch/callback.hpp>
#include <sluice/kafka/connection.hpp>
#include <sluice/kafka/options.hpp>

// What is asked of brokers, by librdkafka's consumer. One file although it is long: all that is asked goes to the same two handles.

namespace sluice::inline SLUICE_ABI::detail {

[[nodiscard]] SLUICE_COLD inline std::string kafkaName(kafka::TopicPartition const& of)
{
    return concat({"topic ", of.topic, ", partition ", Digits{std::int64_t{of.partition}}.text()});
}

/// Two consumers: one is asked, one reads. A broker answers what comes by one connection in its turn, so what is asked beside a fetch would
/// wait as long as that waits for records. Batches hold it, since their messages lie in it: it is closed by whoever lets go of it last.
class KafkaClient final : public KafkaConnection {
public:
    /// What librdkafka refuses: `InvalidArgument`. Nothing is connected yet.
    SLUICE_COLD KafkaClient(Counted<GraphCore> graph, Label const& label, kafka::Options const& options)
        : KafkaConnection(std::move(graph), label, options.brokers, options.timeout), options_(options)
    {
        auto const& o = options_;
        require(o.maxRatePerPartition >= 0, "Options::maxRatePerPartition must not be negative");
        require(o.minRecordsPerPartition >= 0, "Options::minRecordsPerPartition must not be negative");
        require(o.discoveryInterval >= Duration{0}, "Options::discoveryInterval must not be negative");
        // Fetched ahead, for each partition: what is more is out of the cache when it is read. A batch that has more wakes who fetches.
        set("queued.min.messages", "10000");
        set("queued.max.messages.kbytes", "4096");
        set("fetch.wait.max.ms", "100");  // so long it takes to learn that nothing follows a transaction's end
        configure("Options", o.properties, fixedProperties);
        set("group.id", o.groupId.empty() ? "sluice" : o.groupId.c_str());  // assigning asks for one, which is not used
        set("isolation.level", o.isolation == kafka::Isolation::readCommitted ? "read_committed" : "read_uncommitted");
        set("enable.auto.commit", "false");
        set("enable.auto.offset.store", "false");
        set("auto.offset.reset", "error");
        set("enable.partition.eof", "true");
    }
    SLUICE_COLD ~KafkaClient()
    {
        if (commits_ != nullptr) ::rd_kafka_queue_destroy(commits_);
        forgetTopics();
        for (auto* const one : {asked_, reader_}) {
            if (one != nullptr) ::rd_kafka_destroy_flags(one, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
        }
    }

    [[nodiscard]] kafka::Options const& options() const { return options_; }
    /// That which reads.
    [[nodiscard]] ::rd_kafka_t* reader() const { return reader_; }
    [[nodiscard]] bool isConnected() const { return asked_ != nullptr; }

    /// So that it can be asked, and, where it has answered, that it reads.
    SLUICE_COLD void connect()
    {
        asked_ = made(RD_KAFKA_CONSUMER);
        commits_ = ::rd_kafka_queue_new(asked_);
    }
    SLUICE_COLD void openReader() { reader_ = made(RD_KAFKA_CONSUMER); }

    /// The reader knows a topic before it is to read of it.
    SLUICE_COLD void introduce(std::string const& topic) { KafkaConnection::introduce(reader_, topic); }

    /// The partitions of a topic; without a topic those of all topics whose names fit. What is not there: none.
    template <class Fits>
    SLUICE_COLD std::vector<kafka::TopicPartition> partitionsOf(char const* topic, Fits const& fits)
    {
        std::vector<kafka::TopicPartition> found;
        auto* const named = topic != nullptr ? ::rd_kafka_topic_new(asked_, topic, nullptr) : nullptr;
        try {
            require("tell what topics there are", await("tell what topics there are", [&](int milliseconds) {
                        struct ::rd_kafka_metadata const* metadata = nullptr;
                        auto const error = ::rd_kafka_metadata(asked_, topic == nullptr ? 1 : 0, named, &metadata, milliseconds);
                        if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return error;
                        auto const answer = taken(*metadata, topic, fits, found);
                        ::rd_kafka_metadata_destroy(metadata);
                        return answer;
                    }));
        } catch (...) {
            if (named != nullptr) ::rd_kafka_topic_destroy(named);
            throw;
        }
        if (named != nullptr) ::rd_kafka_topic_destroy(named);
        return found;
    }

    /// For each partition the offset of its first record, or the one behind its last, as far as they may be read.
    SLUICE_COLD std::vector<std::int64_t> offsetsAt(kafka::StartingOffsets end, std::vector<kafka::TopicPartition> const& of)
    {
        std::vector<std::int64_t> offsets;
        if (of.empty()) return offsets;
        constexpr char const* what = "tell the offsets of partitions";
        requireThere(of, what, await(what, [&](int milliseconds) {
                         KafkaList list{of.size()};
                         // Kafka's protocol has these two where a time stands else.
                         for (auto const& one : of)
                             list.add(one.topic, one.partition,
                                      end == kafka::StartingOffsets::latest ? RD_KAFKA_OFFSET_END : RD_KAFKA_OFFSET_BEGINNING);
                         auto const error = ::rd_kafka_offsets_for_times(asked_, list.list, milliseconds);
                         if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return error;
                         return takeOffsets(list, of, offsets);
                     }));
        return offsets;
    }

    /// What the group has committed; less than 0: nothing.
    SLUICE_COLD std::vector<std::int64_t> committed(std::vector<kafka::TopicPartition> const& of)
    {
        std::vector<std::int64_t> offsets;
        if (of.empty()) return offsets;
        constexpr char const* what = "tell what the group has committed";
        require(what, await(what, [&](int milliseconds) {
                    KafkaList list{of.size()};
                    for (auto const& one : of) list.add(one.topic, one.partition, RD_KAFKA_OFFSET_INVALID);
                    auto const error = ::rd_kafka_committed(asked_, list.list, milliseconds);
                    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return error;
                    return takeOffsets(list, of, offsets);
                }));
        return offsets;
    }

    /// Takes it from here with a partition, whatever was being read of it.
    SLUICE_COLD void restart(kafka::TopicPartition const& of, std::int64_t offset, bool isAssigned)
    {
        KafkaList list{1};
        list.add(of.topic, of.partition, offset);
        if (isAssigned) requireDone(of, ::rd_kafka_incremental_unassign(reader_, list.list));
        requireDone(of, ::rd_kafka_incremental_assign(reader_, list.list));
    }

    /// Nothing more is read of it.
    SLUICE_COLD void leave(kafka::TopicPartition const& of)
    {
        KafkaList list{1};
        list.add(of.topic, of.partition, RD_KAFKA_OFFSET_INVALID);
        if (auto* const error = ::rd_kafka_incremental_unassign(reader_, list.list)) ::rd_kafka_error_destroy(error);
    }

    using KafkaConnection::mayPass;

    /// Fetching goes on: where enough was fetched ahead, librdkafka pauses, and looks again after a second, or when a request wakes it
    /// (`fetch.queue.backoff.ms` came after 2.0.2).
    SLUICE_COLD void wake(kafka::TopicPartition const& of)
    {
        KafkaList list{1};
        list.add(of.topic, of.partition, RD_KAFKA_OFFSET_BEGINNING);
        ::rd_kafka_offsets_for_times(reader_, list.list, 200);
    }

    /// Commits where these end, unless something later was committed already; done(error) when that is known, by the thread that
    /// asks for batches: empty is a success. Thread-safe.
    SLUICE_COLD void commit(std::vector<kafka::OffsetRange> const& ranges, Callback<void(std::string const&)> done)
    {
        if (options_.groupId.empty())
            throw IllegalState{"sluice::kafka::commitAsync: to which group is not known: Options::groupId is empty"};
        auto commit = makeCounted<Commit>();
        commit->client = this;
        commit->done = std::move(done);
        KafkaList list{ranges.size()};
        {
            std::lock_guard const lock{mutex_};
            for (auto const& range : ranges) {
                auto& highest = highestOf({range.topic, range.partition});
                if (range.untilOffset <= highest) continue;
                highest = range.untilOffset;
                list.add(range.topic, range.partition, range.untilOffset);
            }
            if (list.size() > 0) commits_waiting_.push_back(commit);
        }
        if (list.size() == 0) {
            if (commit->done) commit->done({});
            return;
        }
        auto const error = ::rd_kafka_commit_queue(asked_, list.list, commits_, committedCallback, commit.get());
        if (error != RD_KAFKA_RESP_ERR_NO_ERROR) ended(*commit, error);
    }

    /// Returns when all commits are known, or after so long.
    SLUICE_COLD void awaitCommits(std::int64_t milliseconds)
    {
        auto const end = kafkaNow() + milliseconds;
        while (asked_ != nullptr && hasCommits() && kafkaNow() < end) ::rd_kafka_queue_poll_callback(commits_, 50);
    }

private:
    /// Says also what became of commits.
    SLUICE_COLD void serve(int milliseconds) override
    {
        ::rd_kafka_poll(asked_, milliseconds);
        if (reader_ != nullptr) ::rd_kafka_poll(reader_, 0);
        ::rd_kafka_queue_poll_callback(commits_, 0);
    }

    struct Commit : RefCounted {
        KafkaClient* client = nullptr;
        Callback<void(std::string const&)> done;
    };

    static constexpr KafkaFixedProperty fixedProperties[] = {
        {"bootstrap.servers", "Options::brokers says it"},
        {"metadata.broker.list", "Options::brokers says it"},
        {"group.id", "Options::groupId says it"},
        {"isolation.level", "Options::isolation says it"},
        {"auto.offset.reset", "Options::startingOffsets and Options::onLostOffsets say it"},
        {"enable.auto.commit", "offsets are committed by commitAsync, behind a batch's outputs"},
        {"enable.auto.offset.store", "offsets are committed by commitAsync, behind a batch's outputs"},
        {"enable.partition.eof", "the stream needs it, to know where a batch ends"},
        {"log.queue", "what librdkafka says is told to Config::log"},
    };

    // ---- what is asked ------------------------------------------------------------------------------------------------

    template <class Fits>
    SLUICE_COLD static ::rd_kafka_resp_err_t taken(struct ::rd_kafka_metadata const& metadata, char const* topic, Fits const& fits,
                                                   std::vector<kafka::TopicPartition>& found)
    {
        found.clear();
        for (int i = 0; i < metadata.topic_cnt; ++i) {
            auto const& one = metadata.topics[i];
            if (topic == nullptr && !fits(static_cast<char const*>(one.topic))) continue;
            if (one.err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART || one.err == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC) continue;
            if (one.err != RD_KAFKA_RESP_ERR_NO_ERROR) return one.err;
            for (int p = 0; p < one.partition_cnt; ++p) found.push_back({one.topic, one.partitions[p].id});
        }
        return RD_KAFKA_RESP_ERR_NO_ERROR;
    }

    /// In the order of `of`, whatever order the answer has.
    SLUICE_COLD ::rd_kafka_resp_err_t takeOffsets(KafkaList& list, std::vector<kafka::TopicPartition> const& of,
                                                  std::vector<std::int64_t>& offsets) const
    {
        offsets.clear();
        for (auto const& one : of) {
            auto const* const answer = ::rd_kafka_topic_partition_list_find(list.list, one.topic.c_str(), one.partition);
            if (mayPass(answer->err)) return answer->err;
            if (answer->err != RD_KAFKA_RESP_ERR_NO_ERROR)
                throw StreamError{concat({kafkaName(one), ": ", ::rd_kafka_err2str(answer->err), " (", brokersText(), ")"})};
            offsets.push_back(answer->offset);
        }
        return RD_KAFKA_RESP_ERR_NO_ERROR;
    }

    /// Where a topic is gone, the error says which.
    SLUICE_COLD void requireThere(std::vector<kafka::TopicPartition> const& of, char const* what, ::rd_kafka_resp_err_t error)
    {
        bool const isUnknown = error == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART || error == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC ||
                               error == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION;
        for (std::size_t i = 0; isUnknown && i < of.size(); ++i) {
            if (i > 0 && of[i].topic == of[i - 1].topic) continue;
            if (partitionsOf(of[i].topic.c_str(), [](char const*) { return true; }).empty())
                throw StreamError{concat({"topic ", of[i].topic, " is not there any more, at ", brokersText()})};
        }
        require(what, error);
    }

    SLUICE_COLD void requireDone(kafka::TopicPartition const& of, ::rd_kafka_error_t* error) const
    {
        if (error == nullptr) return;
        auto const text = concat({kafkaName(of), ": ", ::rd_kafka_error_string(error)});
        ::rd_kafka_error_destroy(error);
        throw StreamError{text};
    }

    // ---- what is committed --------------------------------------------------------------------------------------------

    SLUICE_COLD static void committedCallback(::rd_kafka_t*, ::rd_kafka_resp_err_t error, ::rd_kafka_topic_partition_list_t*, void* opaque)
    {
        auto& commit = *static_cast<Commit*>(opaque);
        commit.client->ended(commit, error);
    }

    SLUICE_COLD void ended(Commit& commit, ::rd_kafka_resp_err_t error)
    {
        Counted<Commit> const held{&commit};
        {
            std::lock_guard const lock{mutex_};
            for (std::size_t i = 0; i < commits_waiting_.size(); ++i) {
                if (commits_waiting_[i].get() != &commit) continue;
                commits_waiting_.erase(i);
                break;
            }
        }
        std::string const text = error == RD_KAFKA_RESP_ERR_NO_ERROR ? "" : ::rd_kafka_err2str(error);
        if (commit.done) commit.done(text);
        else if (!text.empty()) tell(LogLevel::warning, concat({"offsets are not committed: ", text}));
    }

    [[nodiscard]] SLUICE_COLD bool hasCommits()
    {
        std::lock_guard const lock{mutex_};
        return !commits_waiting_.empty();
    }

    /// Under the lock.
    [[nodiscard]] SLUICE_COLD std::int64_t& highestOf(kafka::TopicPartition const& of)
    {
        for (auto& [partition, highest] : highest_) {
            if (partition == of) return highest;
        }
        return highest_.emplace_back(of, -1).second;
    }

    kafka::Options options_;
    ::rd_kafka_t* asked_ = nullptr;
    ::rd_kafka_t* reader_ = nullptr;
    ::rd_kafka_queue_t* commits_ = nullptr;

    // Under the lock:
    List<Counted<Commit>> commits_waiting_;
    std::vector<std::pair<kafka::TopicPartition, std::int64_t>> highest_;  // that was committed
};

}  // namespace sluice::inline SLUICE_ABI::detail
