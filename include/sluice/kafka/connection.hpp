#pragma once

#include <sluice/batch/list.hpp>
#include <sluice/stream/config.hpp>
#include <sluice/stream/graph.hpp>

#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <librdkafka/rdkafka.h>
#include <time.h>

namespace sluice::inline SLUICE_ABI::detail {

/// Milliseconds of a clock that nobody sets.
SLUICE_COLD inline std::int64_t kafkaNow()
{
    ::timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return std::int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

/// A list of partitions, as librdkafka takes it.
class KafkaList {
public:
    SLUICE_COLD explicit KafkaList(std::size_t size) : list(::rd_kafka_topic_partition_list_new(static_cast<int>(size))) {}
    KafkaList(KafkaList const&) = delete;
    KafkaList& operator=(KafkaList const&) = delete;
    ~KafkaList() { ::rd_kafka_topic_partition_list_destroy(list); }

    SLUICE_COLD void add(std::string const& topic, std::int32_t partition, std::int64_t offset)
    {
        ::rd_kafka_topic_partition_list_add(list, topic.c_str(), partition)->offset = offset;
    }
    [[nodiscard]] ::rd_kafka_topic_partition_t& operator[](std::size_t i) { return list->elems[i]; }
    [[nodiscard]] std::size_t size() const { return static_cast<std::size_t>(list->cnt); }

    ::rd_kafka_topic_partition_list_t* const list;
};

/// A property of librdkafka that is not the user's to say.
struct KafkaFixedProperty {
    std::string_view name;
    std::string_view by;
};
/// What one who reads and one who writes have in common: settings, questions that are asked again until there is an answer, and what is told.
///
/// No call waits for brokers without end: each asks again and again until the timeout is over, or the context is stopped and does not
/// wait any longer.
class KafkaConnection : public RefCounted {
public:
    KafkaConnection(KafkaConnection const&) = delete;
    KafkaConnection& operator=(KafkaConnection const&) = delete;

    /// Says what librdkafka has to tell.
    void poll(int milliseconds = 0) { serve(milliseconds); }

    void tell(LogLevel level, std::string text) const { graph_->log({level, label_, {}, std::move(text)}); }

    [[nodiscard]] std::int64_t timeoutMilliseconds() const { return timeout_ / std::chrono::milliseconds{1}; }
    [[nodiscard]] SLUICE_COLD std::string timeoutText() const { return toString(timeout_); }

    /// `brokers host:port`.
    [[nodiscard]] SLUICE_COLD std::string brokersText() const { return concat({"brokers ", brokers_}); }
    /// What librdkafka has said of them last.
    [[nodiscard]] SLUICE_COLD std::string lastWords()
    {
        poll();
        std::lock_guard const lock{mutex_};
        return last_.empty() ? last_ : concat({": ", last_});
    }

protected:
    SLUICE_COLD KafkaConnection(Counted<GraphCore> graph, Label const& label, std::string brokers, Duration timeout)
        : graph_(std::move(graph)), label_(label), conf_(::rd_kafka_conf_new()), brokers_(std::move(brokers)), timeout_(timeout)
    {
    }
    /// Where there is a handle already.
    virtual void serve(int milliseconds) = 0;

    SLUICE_COLD ~KafkaConnection() { ::rd_kafka_conf_destroy(conf_); }

    /// The user's properties, and what is the same for all. `ofOptions` is how errors name the options.
    template <std::size_t N>
    SLUICE_COLD void configure(char const* ofOptions, std::vector<std::pair<std::string, std::string>> const& properties,
                               KafkaFixedProperty const (&fixed)[N])
    {
        if (brokers_.empty()) refuse({ofOptions, "::brokers is empty: where is Kafka?"});
        if (timeout_ <= Duration{0}) refuse({ofOptions, "::timeout must be positive"});
        set("client.id", "sluice");
        set("reconnect.backoff.max.ms", "1000");  // as Java's clients: a broker that is back is used at once
        for (auto const& [name, value] : properties) {
            for (auto const& [own, by] : fixed) {
                if (name == own) refuse({"the property ", name, " is not one for ", ofOptions, "::properties: ", by});
            }
            set(name.c_str(), value.c_str());
        }
        set("bootstrap.servers", brokers_.c_str());
        set("log.queue", "true");
        ::rd_kafka_conf_set_opaque(conf_, this);
        ::rd_kafka_conf_set_log_cb(conf_, [](::rd_kafka_t const* from, int level, char const*, char const* text) {
            static_cast<KafkaConnection*>(::rd_kafka_opaque(from))->said(level, text);
        });
        ::rd_kafka_conf_set_error_cb(conf_, [](::rd_kafka_t*, int error, char const* text, void* connection) {
            static_cast<KafkaConnection*>(connection)->failed(static_cast<::rd_kafka_resp_err_t>(error), text);
        });
    }

    /// `more` are properties of this one alone.
    [[nodiscard]] SLUICE_COLD ::rd_kafka_t* made(::rd_kafka_type_t type,
                                                 std::initializer_list<std::pair<char const*, char const*>> more = {}) const
    {
        char why[512];
        auto* const conf = ::rd_kafka_conf_dup(conf_);
        for (auto const& [name, value] : more) ::rd_kafka_conf_set(conf, name, value, why, sizeof why);
        auto* const handle = ::rd_kafka_new(type, conf, why, sizeof why);
        if (handle == nullptr) {
            ::rd_kafka_conf_destroy(conf);
            throw StreamError{concat({"librdkafka does not start: ", why})};
        }
        ::rd_kafka_set_log_queue(handle, nullptr);
        return handle;
    }

    SLUICE_COLD void set(char const* name, char const* value)
    {
        char why[512];
        if (::rd_kafka_conf_set(conf_, name, value, why, sizeof why) != RD_KAFKA_CONF_OK)
            refuse({"librdkafka refuses ", name, " = ", value, ": ", why});
    }

    [[noreturn]] SLUICE_COLD void refuse(std::initializer_list<std::string_view> why) const
    {
        throw InvalidArgument{concat({where(label_), ": ", concat(why)})};
    }
    SLUICE_COLD void require(bool holds, char const* why) const
    {
        if (!holds) refuse({why});
    }

    // ---- what is asked ------------------------------------------------------------------------------------------------

    /// Whether the same question may be answered a little later.
    [[nodiscard]] SLUICE_COLD static bool mayPass(::rd_kafka_resp_err_t error)
    {
        switch (error) {
            case RD_KAFKA_RESP_ERR__TIMED_OUT:
            case RD_KAFKA_RESP_ERR__TRANSPORT:
            case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
            case RD_KAFKA_RESP_ERR__WAIT_COORD:
            case RD_KAFKA_RESP_ERR__WAIT_CACHE:
            case RD_KAFKA_RESP_ERR__RESOLVE:
            case RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE:
            case RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE:
            case RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION:
            case RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT:
            case RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION:
            case RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS:
            case RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE:
            case RD_KAFKA_RESP_ERR_NOT_COORDINATOR:
            case RD_KAFKA_RESP_ERR_FENCED_LEADER_EPOCH:
            case RD_KAFKA_RESP_ERR_UNKNOWN_LEADER_EPOCH:
            case RD_KAFKA_RESP_ERR_OFFSET_NOT_AVAILABLE:
            case RD_KAFKA_RESP_ERR_UNSTABLE_OFFSET_COMMIT: return true;
            default: return false;
        }
    }

    /// The answer of ask(milliseconds), which is asked again as long as there is none. Who is refused is not told something else later.
    template <class Ask>
    SLUICE_COLD ::rd_kafka_resp_err_t await(char const* what, Ask const& ask)
    {
        {
            std::lock_guard const lock{mutex_};
            refusal_.clear();
        }
        auto const end = kafkaNow() + timeoutMilliseconds();
        for (int patience = 250;; patience = patience < 1000 ? 2 * patience : patience) {
            auto const left = end - kafkaNow();
            if (left <= 0) throw StreamError{concat({brokersText(), " did not ", what, " within ", timeoutText(), lastWords()})};
            auto const error = ask(patience < left ? patience : static_cast<int>(left));
            if (!mayPass(error)) return error;
            graph_->place().poll();
            poll(20);
            std::lock_guard const lock{mutex_};
            if (!refusal_.empty()) throw StreamError{concat({brokersText(), " refuse to ", what, ": ", refusal_})};
        }
    }

    SLUICE_COLD void require(char const* what, ::rd_kafka_resp_err_t error) const
    {
        if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
            throw StreamError{concat({brokersText(), " do not ", what, ": ", ::rd_kafka_err2str(error)})};
    }

    /// One who reads knows a topic before it is to read of it: else it waits half a second, and a partition that begins anew is another one,
    /// with another queue.
    SLUICE_COLD void introduce(::rd_kafka_t* reader, std::string const& topic)
    {
        for (auto* const known : topics_) {
            if (topic == ::rd_kafka_topic_name(known)) return;
        }
        topics_.makeRoom();
        topics_.push_back(::rd_kafka_topic_new(reader, topic.c_str(), nullptr));
        constexpr char const* what = "tell of a topic";
        require(what, await(what, [&](int milliseconds) {
                    struct ::rd_kafka_metadata const* metadata = nullptr;
                    auto const error = ::rd_kafka_metadata(reader, 0, topics_.back(), &metadata, milliseconds);
                    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) ::rd_kafka_metadata_destroy(metadata);
                    return error;
                }));
    }
    /// Before the reader goes.
    SLUICE_COLD void forgetTopics()
    {
        for (auto* const topic : topics_) ::rd_kafka_topic_destroy(topic);
        topics_.clear();
    }

    // ---- what is told -------------------------------------------------------------------------------------------------

    /// Syslog's levels: 3 is an error, 4 a warning. Nothing of it ends the stream: what does is thrown.
    SLUICE_COLD void said(int level, std::string_view text) const
    {
        tell(level <= 4 ? LogLevel::warning : LogLevel::info, concat({"librdkafka: ", text}));
    }

    SLUICE_COLD void failed(::rd_kafka_resp_err_t error, std::string_view text)
    {
        std::lock_guard const lock{mutex_};
        // That all are down says less than why one is.
        if (error != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN || last_.empty()) last_ = text;
        if (error == RD_KAFKA_RESP_ERR__AUTHENTICATION) refusal_ = text;
    }

    Counted<GraphCore> graph_;
    Label label_;
    ::rd_kafka_conf_t* conf_;
    std::mutex mutex_;  // over what those who derive say, too

private:
    std::string brokers_;
    Duration timeout_;
    List<::rd_kafka_topic_t*> topics_;  // that a reader knows
    // Under the lock:
    std::string last_;     // that a broker failed with
    std::string refusal_;  // why one does not know who asks
};

}  // namespace sluice::inline SLUICE_ABI::detail
