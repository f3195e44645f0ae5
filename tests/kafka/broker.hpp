#pragma once

#include <doctest/doctest.h>

#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <librdkafka/rdkafka.h>
#include <signal.h>
#include <unistd.h>

// The broker that broker.py has started, as a test needs it: topics of its own, and what is written to them.

namespace kafka_test {

inline std::string brokers()
{
    auto const* const said = std::getenv("SLUICE_KAFKA_BROKERS");
    REQUIRE_MESSAGE(said != nullptr, "run it by tests/kafka/broker.py, or with --test-suite-exclude=broker");
    return said != nullptr ? said : "";
}

/// A broker that does nothing, as one whose machine hangs, until it goes.
class Frozen {
public:
    Frozen() : pid_(std::atoi(std::getenv("SLUICE_KAFKA_PIDS"))) { ::kill(pid_, SIGSTOP); }
    Frozen(Frozen const&) = delete;
    Frozen& operator=(Frozen const&) = delete;
    ~Frozen() { ::kill(pid_, SIGCONT); }

private:
    ::pid_t pid_;
};

using Settings = std::vector<std::pair<std::string, std::string>>;

constexpr int patience = 60'000;  // milliseconds, for what hangs

inline void check(rd_kafka_resp_err_t error) { REQUIRE_MESSAGE(error == RD_KAFKA_RESP_ERR_NO_ERROR, rd_kafka_err2str(error)); }
inline void check(rd_kafka_error_t* error) { REQUIRE_MESSAGE(error == nullptr, rd_kafka_error_string(error)); }

/// One who has nothing of the library reads a topic from its beginning, all of its partitions. It is the caller's to end.
inline rd_kafka_t* readerOf(std::string const& topic, int partitions, char const* isolation)
{
    char why[512];
    auto* const conf = rd_kafka_conf_new();
    for (auto const& [name, value] : Settings{{"bootstrap.servers", brokers()},
                                              {"group.id", "reader"},
                                              {"enable.auto.commit", "false"},
                                              {"enable.partition.eof", "true"},
                                              {"fetch.wait.max.ms", "10"},
                                              {"isolation.level", isolation}})
        REQUIRE_MESSAGE(rd_kafka_conf_set(conf, name.c_str(), value.c_str(), why, sizeof why) == RD_KAFKA_CONF_OK, why);
    auto* const handle = rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, sizeof why);
    auto* const list = rd_kafka_topic_partition_list_new(partitions);
    for (int p = 0; p < partitions; ++p) rd_kafka_topic_partition_list_add(list, topic.c_str(), p)->offset = RD_KAFKA_OFFSET_BEGINNING;
    check(rd_kafka_assign(handle, list));
    rd_kafka_topic_partition_list_destroy(list);
    return handle;
}

/// One that writes, and does what administrators do.
class Writer {
public:
    explicit Writer(Settings const& settings = {})
    {
        char why[512];
        auto* const conf = rd_kafka_conf_new();
        auto const set = [&](std::string const& name, std::string const& value) {
            REQUIRE_MESSAGE(rd_kafka_conf_set(conf, name.c_str(), value.c_str(), why, sizeof why) == RD_KAFKA_CONF_OK, std::string{why});
        };
        set("bootstrap.servers", brokers());
        set("linger.ms", "0");
        set("enable.idempotence", "true");  // no copies, and in order
        for (auto const& [name, value] : settings) set(name, value);
        rd_kafka_conf_set_opaque(conf, this);
        rd_kafka_conf_set_dr_msg_cb(conf, [](rd_kafka_t*, rd_kafka_message_t const* message, void* writer) {
            if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) static_cast<Writer*>(writer)->failed_ = message->err;
        });
        handle = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof why);
        REQUIRE(handle != nullptr);
    }
    Writer(Writer const&) = delete;
    Writer& operator=(Writer const&) = delete;
    ~Writer()
    {
        for (auto* const topic : topics_) rd_kafka_topic_destroy(topic);
        rd_kafka_destroy(handle);
    }

    /// A topic that nobody else has, by a name that begins like that.
    std::string topic(std::string const& begin, int partitions, Settings const& settings = {}) const
    {
        static int made = 0;
        auto const name = begin + "-" + std::to_string(::getpid()) + "-" + std::to_string(++made);
        create(name, partitions, settings);
        return name;
    }

    void create(std::string const& name, int partitions, Settings const& settings = {}) const
    {
        char why[512];
        constexpr int asBrokersSay = -1;
        auto* fresh = rd_kafka_NewTopic_new(name.c_str(), partitions, asBrokersSay, why, sizeof why);  // with so many replicas
        for (auto const& [key, value] : settings) rd_kafka_NewTopic_set_config(fresh, key.c_str(), value.c_str());
        administer([&](rd_kafka_AdminOptions_t* options,
                       rd_kafka_queue_t* answers) { rd_kafka_CreateTopics(handle, &fresh, 1, options, answers); },
                   RD_KAFKA_ADMIN_OP_CREATETOPICS,
                   [](rd_kafka_event_t* event) {
                       std::size_t count = 0;
                       return rd_kafka_topic_result_error(
                           rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count)[0]);
                   });
        rd_kafka_NewTopic_destroy(fresh);
        awaitPartitions(name, partitions);
    }

    void remove(std::string const& topic) const
    {
        auto* gone = rd_kafka_DeleteTopic_new(topic.c_str());
        administer(
            [&](rd_kafka_AdminOptions_t* options, rd_kafka_queue_t* answers) { rd_kafka_DeleteTopics(handle, &gone, 1, options, answers); },
            RD_KAFKA_ADMIN_OP_DELETETOPICS,
            [](rd_kafka_event_t* event) {
                std::size_t count = 0;
                return rd_kafka_topic_result_error(
                    rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event), &count)[0]);
            });
        rd_kafka_DeleteTopic_destroy(gone);
    }

    /// It has so many in all.
    void addPartitions(std::string const& topic, std::size_t all) const
    {
        char why[512];
        auto* more = rd_kafka_NewPartitions_new(topic.c_str(), all, why, sizeof why);
        administer([&](rd_kafka_AdminOptions_t* options,
                       rd_kafka_queue_t* answers) { rd_kafka_CreatePartitions(handle, &more, 1, options, answers); },
                   RD_KAFKA_ADMIN_OP_CREATEPARTITIONS,
                   [](rd_kafka_event_t* event) {
                       std::size_t count = 0;
                       return rd_kafka_topic_result_error(
                           rd_kafka_CreatePartitions_result_topics(rd_kafka_event_CreatePartitions_result(event), &count)[0]);
                   });
        rd_kafka_NewPartitions_destroy(more);
        awaitPartitions(topic, static_cast<int>(all));
    }

    /// As when a topic's time to keep them is over.
    void deleteBefore(std::string const& topic, std::int32_t partition, std::int64_t offset) const
    {
        auto* const before = rd_kafka_topic_partition_list_new(1);
        rd_kafka_topic_partition_list_add(before, topic.c_str(), partition)->offset = offset;
        auto* records = rd_kafka_DeleteRecords_new(before);
        administer([&](rd_kafka_AdminOptions_t* options,
                       rd_kafka_queue_t* answers) { rd_kafka_DeleteRecords(handle, &records, 1, options, answers); },
                   RD_KAFKA_ADMIN_OP_DELETERECORDS,
                   [](rd_kafka_event_t* event) {
                       return rd_kafka_DeleteRecords_result_offsets(rd_kafka_event_DeleteRecords_result(event))->elems[0].err;
                   });
        rd_kafka_DeleteRecords_destroy(records);
        rd_kafka_topic_partition_list_destroy(before);
    }

    struct Message {
        std::optional<std::string> key{};
        std::optional<std::string> value{};
        std::vector<std::pair<std::string, std::string>> headers{};
        std::int64_t timestamp = 0;  // milliseconds; 0: now
    };

    void send(std::string const& topic, std::int32_t partition, Message const& message) const
    {
        auto* const headers = rd_kafka_headers_new(message.headers.size());
        for (auto const& [name, value] : message.headers) {
            check(rd_kafka_header_add(headers, name.c_str(), -1, value.data(), static_cast<ssize_t>(value.size())));
        }
        rd_kafka_vu_t what[7] = {};
        what[0].vtype = RD_KAFKA_VTYPE_TOPIC;
        what[0].u.cstr = topic.c_str();
        what[1].vtype = RD_KAFKA_VTYPE_PARTITION;
        what[1].u.i32 = partition;
        what[2].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
        what[2].u.i = RD_KAFKA_MSG_F_COPY | RD_KAFKA_MSG_F_BLOCK;
        what[3].vtype = RD_KAFKA_VTYPE_KEY;
        what[4].vtype = RD_KAFKA_VTYPE_VALUE;
        for (auto const& [text, to] : {std::pair{&message.key, &what[3]}, std::pair{&message.value, &what[4]}}) {
            if (*text) to->u.mem = {const_cast<char*>((*text)->data()), (*text)->size()};
        }
        what[5].vtype = RD_KAFKA_VTYPE_TIMESTAMP;
        what[5].u.i64 = message.timestamp;
        what[6].vtype = RD_KAFKA_VTYPE_HEADERS;
        what[6].u.headers = headers;
        check(rd_kafka_produceva(handle, what, 7));
    }
    void sendAll(std::string const& topic, std::int32_t partition, std::vector<std::string> const& values) const
    {
        for (auto const& value : values) send(topic, partition, Message{.value = value});
    }
    /// All that was sent is there.
    void flush() const
    {
        check(rd_kafka_flush(handle, patience));
        check(failed_);
    }
    void write(std::string const& topic, std::int32_t partition, std::vector<std::string> const& values) const
    {
        sendAll(topic, partition, values);
        flush();
    }

    void initTransactions() const { check(rd_kafka_init_transactions(handle, patience)); }
    void begin() const { check(rd_kafka_begin_transaction(handle)); }
    void commit() const { check(rd_kafka_commit_transaction(handle, patience)); }
    void abort() const { check(rd_kafka_abort_transaction(handle, patience)); }

    rd_kafka_t* handle = nullptr;

private:
    mutable std::vector<rd_kafka_topic_t*> topics_;
    rd_kafka_resp_err_t failed_ = RD_KAFKA_RESP_ERR_NO_ERROR;  // of what was sent

    /// It is known before it is written to: else the first record waits a second.
    void awaitPartitions(std::string const& topic, int all) const
    {
        auto* const named = rd_kafka_topic_new(handle, topic.c_str(), nullptr);
        topics_.push_back(named);  // it stays the same topic, with what waits in it, as long as somebody holds it
        for (int known = 0; known < all;) {
            struct rd_kafka_metadata const* metadata = nullptr;
            check(rd_kafka_metadata(handle, 0, named, &metadata, patience));
            known = 0;
            for (int i = 0; i < metadata->topics[0].partition_cnt; ++i) {
                auto const& one = metadata->topics[0].partitions[i];
                known += one.err == RD_KAFKA_RESP_ERR_NO_ERROR && one.leader >= 0 ? 1 : 0;
            }
            rd_kafka_metadata_destroy(metadata);
        }
        // Its leader serves it: a first record that is refused, and sent again, may be taken for one that is there already.
        for (int p = 0; p < all; ++p) {
            std::int64_t begin = 0;
            std::int64_t end = 0;
            while (rd_kafka_query_watermark_offsets(handle, topic.c_str(), p, &begin, &end, patience) != RD_KAFKA_RESP_ERR_NO_ERROR) {}
        }
    }

    template <class Ask, class Answer>
    void administer(Ask const& ask, rd_kafka_admin_op_t what, Answer const& answer) const
    {
        char why[512];
        auto* const options = rd_kafka_AdminOptions_new(handle, what);
        check(rd_kafka_AdminOptions_set_request_timeout(options, patience, why, sizeof why));
        auto* const answers = rd_kafka_queue_new(handle);
        ask(options, answers);
        auto* const event = rd_kafka_queue_poll(answers, patience);
        REQUIRE(event != nullptr);
        check(rd_kafka_event_error(event));
        check(answer(event));
        rd_kafka_event_destroy(event);
        rd_kafka_queue_destroy(answers);
        rd_kafka_AdminOptions_destroy(options);
    }
};

/// One for all tests: to become one takes a second.
inline Writer const& theWriter()
{
    static Writer const one;
    return one;
}

}  // namespace kafka_test
