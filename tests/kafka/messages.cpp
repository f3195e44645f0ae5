#include <sluice/kafka/messages.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <librdkafka/rdkafka_mock.h>

using namespace sluice;
using detail::KafkaPieces;

namespace {

/// librdkafka's own stand-in for a broker, within the process, and messages that come from it.
class Mock {
public:
    Mock()
    {
        writer_ = client(RD_KAFKA_PRODUCER, "localhost:1");
        cluster_ = rd_kafka_mock_cluster_new(writer_, 1);
        REQUIRE(cluster_ != nullptr);
        rd_kafka_mock_topic_create(cluster_, "t", 1, 1);
        auto* const real = client(RD_KAFKA_PRODUCER, rd_kafka_mock_cluster_bootstraps(cluster_));
        auto* const topic = rd_kafka_topic_new(real, "t", nullptr);
        for (int i = 0; i < size; ++i) {
            auto const text = std::to_string(i);
            REQUIRE(rd_kafka_produce(topic, 0, RD_KAFKA_MSG_F_COPY, const_cast<char*>(text.data()), text.size(), nullptr, 0, nullptr) == 0);
        }
        REQUIRE(rd_kafka_flush(real, 60'000) == RD_KAFKA_RESP_ERR_NO_ERROR);
        rd_kafka_topic_destroy(topic);
        rd_kafka_destroy(real);
        reader_ = client(RD_KAFKA_CONSUMER, rd_kafka_mock_cluster_bootstraps(cluster_));
        topic_ = rd_kafka_topic_new(reader_, "t", nullptr);
        REQUIRE(rd_kafka_consume_start(topic_, 0, 0) == 0);
    }
    Mock(Mock const&) = delete;
    Mock& operator=(Mock const&) = delete;
    ~Mock()
    {
        rd_kafka_consume_stop(topic_, 0);
        rd_kafka_topic_destroy(topic_);
        rd_kafka_destroy(reader_);
        rd_kafka_mock_cluster_destroy(cluster_);
        rd_kafka_destroy(writer_);
    }

    [[nodiscard]] rd_kafka_message_t* next() const
    {
        for (;;) {
            auto* const message = rd_kafka_consume(topic_, 0, 60'000);
            REQUIRE(message != nullptr);
            if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) return message;
            rd_kafka_message_destroy(message);
        }
    }

    static constexpr int size = 3500;

private:
    static rd_kafka_t* client(rd_kafka_type_t type, char const* brokers)
    {
        char why[512];
        auto* const conf = rd_kafka_conf_new();
        rd_kafka_conf_set(conf, "bootstrap.servers", brokers, why, sizeof why);
        rd_kafka_conf_set(conf, "log_level", "0", why, sizeof why);
        auto* const made = rd_kafka_new(type, conf, why, sizeof why);
        REQUIRE(made != nullptr);
        return made;
    }

    rd_kafka_t* writer_;
    rd_kafka_mock_cluster_t* cluster_;
    rd_kafka_t* reader_;
    rd_kafka_topic_t* topic_;
};

}  // namespace

TEST_CASE("messages stay where they are while others are added, are seen when they are published, and go with what holds them")
{
    Mock const mock;
    KafkaPieces pieces;
    CHECK(pieces.size() == 0);
    for (int i = 0; i < 1000; ++i) pieces.add(mock.next());
    CHECK(pieces.size() == 0);
    pieces.publish();
    REQUIRE(pieces.size() == 1000);
    auto const* const place = pieces.run(0, 1000).messages;
    for (int i = 1000; i < 3100; ++i) pieces.add(mock.next());
    pieces.publish();
    for (int i = 3100; i < Mock::size; ++i) pieces.add(mock.next());  // and not published, as where the reader fails: they are not lost
    auto const all = pieces.size();
    REQUIRE(all == 3100);
    CHECK(pieces.run(0, all).messages == place);
    std::vector<std::size_t> lengths;
    std::int64_t offset = 0;
    bool inOrder = true;
    for (std::size_t i = 0; i < all;) {
        auto const run = pieces.run(i, all);
        lengths.push_back(run.count);
        for (std::size_t m = 0; m < run.count; ++m) inOrder = inOrder && run.messages[m]->offset == offset++;
        i += run.count;
    }
    CHECK(inOrder);
    CHECK(lengths == std::vector<std::size_t>{1024, 2048, 28});
    CHECK(pieces.run(1500, all).count == 1572);
}
