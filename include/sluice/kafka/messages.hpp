#pragma once

#include <sluice/batch/list.hpp>
#include <sluice/kafka/client.hpp>
#include <sluice/kafka/record.hpp>

#include <atomic>
#include <bit>
#include <cstdlib>

// How the messages of a batch come out of librdkafka's queues, and where they are held. One file although it is long: who holds them, and who
// gives them back, must agree.

namespace sluice::inline SLUICE_ABI::detail {

/// Pointers to messages, which stay where they are while others are added: piece k has room for 1024 * 2^k.
class KafkaPieces {
public:
    KafkaPieces() = default;
    KafkaPieces(KafkaPieces const&) = delete;
    KafkaPieces& operator=(KafkaPieces const&) = delete;
    ~KafkaPieces()
    {
        auto const all = added_;  // also what was not published, since its reader failed
        for (std::size_t i = 0; i < all;) {
            auto const [messages, count] = run(i, all);
            for (std::size_t m = 0; m < count; ++m) ::rd_kafka_message_destroy(messages[m]);
            i += count;
        }
        for (auto* const piece : pieces_) std::free(piece);
    }

    /// Those that may be looked at, by any thread.
    [[nodiscard]] std::size_t size() const { return size_.load(std::memory_order_acquire); }

    struct Run {
        ::rd_kafka_message_t* const* messages;
        std::size_t count;
    };
    /// From one on, of so many, those that lie side by side.
    [[nodiscard]] Run run(std::size_t from, std::size_t size) const
    {
        auto const k = pieceOf(from);
        auto const end = (std::size_t{first} << (k + 1)) - first;  // of that piece
        return {pieces_[k] + (from + first - (std::size_t{first} << k)), (end < size ? end : size) - from};
    }

    /// One thread at a time; others see them after publish(). Where it throws, the message is still the caller's.
    void add(::rd_kafka_message_t* message)
    {
        auto const k = pieceOf(added_);
        if (pieces_[k] == nullptr) makePiece(k);
        pieces_[k][added_ + first - (std::size_t{first} << k)] = message;
        ++added_;
    }
    void publish() { size_.store(added_, std::memory_order_release); }

private:
    static constexpr std::size_t first = 1024;

    [[nodiscard]] static std::size_t pieceOf(std::size_t i) { return static_cast<std::size_t>(std::bit_width(i + first)) - 11; }

    SLUICE_COLD void makePiece(std::size_t k)
    {
        auto* const memory = std::malloc((first << k) * sizeof(::rd_kafka_message_t*));
        if (memory == nullptr) throw std::bad_alloc{};
        pieces_[k] = static_cast<::rd_kafka_message_t**>(memory);
    }

    ::rd_kafka_message_t** pieces_[40] = {};
    std::size_t added_ = 0;
    std::atomic<std::size_t> size_{0};
};

/// What a batch has of one partition, and has read of it: what is not read yet only the reader looks at.
struct KafkaRun {
    std::int64_t next;
    std::int64_t until;
    KafkaPieces messages{};
};

/// The queue of one partition. It is read in the order of offsets; a batch that is read again, or out of its turn, begins anew where it
/// is.
class KafkaReader : public RefCounted {
public:
    SLUICE_COLD KafkaReader(Counted<KafkaClient> client, kafka::TopicPartition of, std::int64_t at)
        : client_(std::move(client)), of_(std::move(of)), position_(at), given_(at)
    {
        queue_ = ::rd_kafka_queue_get_partition(client_->reader(), of_.topic.c_str(), of_.partition);
        ::rd_kafka_queue_forward(queue_, nullptr);  // its messages are not mixed with those of others
        try {
            client_->restart(of_, at, false);
        } catch (...) {
            ::rd_kafka_queue_destroy(queue_);
            throw;
        }
    }
    KafkaReader(KafkaReader const&) = delete;
    KafkaReader& operator=(KafkaReader const&) = delete;
    SLUICE_COLD ~KafkaReader()
    {
        dropAhead();
        ::rd_kafka_queue_destroy(queue_);
    }

    [[nodiscard]] kafka::TopicPartition const& of() const { return of_; }

    /// Another process has the partition now: it is not fetched any more, unless a batch that was kept is read again.
    SLUICE_COLD void leave()
    {
        std::lock_guard const lock{mutex_};
        if (!is_assigned_) return;
        client_->leave(of_);
        dropAhead();
        is_assigned_ = false;
        isBroken_ = true;
    }

    /// Bytes of memory that a message takes, as those that were read last did: 0 where none was.
    [[nodiscard]] double bytesEach() const { return bytesEach_.load(std::memory_order_relaxed); }

    /// Some more messages of a part; false: it is whole.
    bool read(KafkaRun& part, EnginePlace const& place)
    {
        std::lock_guard const lock{mutex_};
        goTo(part.next);
        auto const end = kafkaNow() + client_->timeoutMilliseconds();
        for (auto const before = part.messages.size(); part.next < part.until;) {
            place.poll();
            if (takeAhead(part) || position_ >= part.until) {
                part.next = given_ = part.until;
            } else {
                auto const missing = static_cast<std::uint64_t>(part.until - position_);
                if (!take(missing < atOnce ? static_cast<std::size_t>(missing) : atOnce, part)) requireTime(part, end);
            }
            part.messages.publish();
            if (part.messages.size() > before) return true;
        }
        return false;
    }

    /// Looks at the first messages there are, to know their size: where none comes soon, it is not known.
    SLUICE_COLD void sample(std::int64_t from, EnginePlace const& place)
    {
        std::lock_guard const lock{mutex_};
        goTo(from);
        for (auto const end = kafkaNow() + 5000; ahead_.empty() && kafkaNow() < end; place.poll()) {
            KafkaRun nothing{from, from};
            auto const position = position_;
            take(atOnce, nothing);
            if (position_ != position && ahead_.empty()) return;  // there was none
        }
    }

private:
    static constexpr std::size_t atOnce = 2048;
    /// What librdkafka has of a message beside its bytes.
    static constexpr double overhead = 400;

    /// What comes next is that offset.
    void goTo(std::int64_t offset)
    {
        if (offset == given_ && !isBroken_) return;
        restartAt(offset);
    }
    SLUICE_COLD void restartAt(std::int64_t offset)
    {
        if (offset < given_ || isBroken_) {
            dropAhead();
            isBroken_ = true;
            client_->restart(of_, offset, is_assigned_);
            is_assigned_ = true;
            isBroken_ = false;
            position_ = offset;
        }
        given_ = offset;  // what was left out is dropped when it comes
        while (!ahead_.empty() && ahead_[0]->offset < offset) {
            ::rd_kafka_message_destroy(ahead_[0]);
            ahead_.pop_front();
        }
    }

    /// Those that were taken from the queue before they were asked for. True: the part is whole.
    bool takeAhead(KafkaRun& part)
    {
        while (!ahead_.empty() && ahead_[0]->offset < part.until) {
            part.messages.add(ahead_[0]);
            part.next = given_ = ahead_[0]->offset + 1;
            ahead_.pop_front();
        }
        return !ahead_.empty();
    }

    /// Takes what lies in the queue, or waits a moment for one. False: nothing came.
    bool take(std::size_t most, KafkaRun& part)
    {
        ::rd_kafka_message_t* taken[atOnce];
        auto count = ::rd_kafka_consume_batch_queue(queue_, 0, taken, most);
        if (count <= 0) count = ::rd_kafka_consume_batch_queue(queue_, soon, taken, 1);
        if (count <= 0) {
            client_->wake(of_);
            count = ::rd_kafka_consume_batch_queue(queue_, patience, taken, 1);
        }
        if (count <= 0) return false;
        std::size_t i = 0;
        auto const size = static_cast<std::size_t>(count);
        try {
            std::size_t bytes = 0;
            std::size_t records = 0;
            for (; i < size; ++i) {
                auto* const message = taken[i];
                if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
                    notMessage(*message);
                    ::rd_kafka_message_destroy(message);
                    continue;
                }
                bytes += message->len + message->key_len;
                ++records;
                position_ = message->offset + 1;
                if (message->offset < given_) {
                    ::rd_kafka_message_destroy(message);
                } else if (message->offset < part.until) {
                    part.messages.add(message);
                    part.next = given_ = position_;
                } else {
                    ahead_.push_back(message);
                }
            }
            if (records > 0) learn(static_cast<double>(bytes) / static_cast<double>(records) + overhead);
        } catch (...) {
            for (; i < size; ++i) ::rd_kafka_message_destroy(taken[i]);
            isBroken_ = true;
            throw;
        }
        return true;
    }

    void learn(double bytes)
    {
        auto const before = bytesEach();
        bytesEach_.store(bytes > before ? bytes : before + (bytes - before) / 8, std::memory_order_relaxed);
    }

    /// The end of what there is, or an error.
    SLUICE_COLD void notMessage(::rd_kafka_message_t const& message)
    {
        if (message.err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
            if (message.offset > position_) position_ = message.offset;
            return;
        }
        if (message.err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET || message.err == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE) return lost();
        // librdkafka goes on by itself; where it does not, the time is over at last, and this is told.
        bool const isUnknown = message.err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
                               message.err == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION || message.err == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC;
        last_ = concat({": ", ::rd_kafka_message_errstr(&message)});
        if (!isUnknown && !KafkaClient::mayPass(message.err))
            throw StreamError{concat({kafkaName(of_), ", offset ", Digits{position_}.text(), last_})};
    }

    /// What was to be fetched is not there: it is gone since the batch was planned, or was before, and is not asked for any more.
    SLUICE_COLD void lost()
    {
        auto const first = client_->offsetsAt(kafka::StartingOffsets::earliest, {of_})[0];
        auto const last = client_->offsetsAt(kafka::StartingOffsets::latest, {of_})[0];
        auto next = given_;
        if (next < first || next > last) {
            auto const text =
                concat({kafkaName(of_), ": the offsets from ", Digits{next}.text(), " on are not there any more, but those of [",
                        Digits{first}.text(), " -> ", Digits{last}.text(), "]"});
            if (client_->options().onLostOffsets == kafka::OnLostOffsets::fail || next > last)
                throw StreamError{concat({text, "; Options::onLostOffsets would go on"})};
            client_->tell(LogLevel::warning, text);
            next = first;
        }
        client_->restart(of_, next, true);
        position_ = next;
    }

    SLUICE_COLD void requireTime(KafkaRun const& part, std::int64_t end)
    {
        if (kafkaNow() < end) return;
        isBroken_ = true;
        throw StreamError{concat({kafkaName(of_), ": of the offsets [", Digits{part.next}.text(), " -> ", Digits{part.until}.text(),
                                  "] nothing came within ", client_->timeoutText(), " from ", client_->brokersText(),
                                  last_.empty() ? client_->lastWords() : last_})};
    }

    SLUICE_COLD void dropAhead()
    {
        for (auto* const message : ahead_) ::rd_kafka_message_destroy(message);
        ahead_.clear();
    }

    static constexpr int soon = 2;  // milliseconds
    static constexpr int patience = 50;

    Counted<KafkaClient> client_;
    kafka::TopicPartition of_;
    ::rd_kafka_queue_t* queue_ = nullptr;
    std::atomic<double> bytesEach_{0};

    std::mutex mutex_;                   // over what follows
    std::int64_t position_;              // what lies before it has been taken from the queue
    std::int64_t given_;                 // what lies before it will not be given
    List<::rd_kafka_message_t*> ahead_;  // taken, and not given yet
    std::string last_;                   // that it failed with
    bool isBroken_ = false;              // nothing more comes, or not what should
    bool is_assigned_ = true;            // it is fetched
};

/// A part of a batch: an empty range has no reader.
struct KafkaPart : RefCounted {
    KafkaPart(Counted<KafkaReader> by, std::int64_t from, std::int64_t until) : reader(std::move(by)), run{from, until} {}

    Counted<KafkaReader> reader;  // before the messages, which lie in its client
    KafkaRun run;
    std::mutex parsing;  // of headers
};

}  // namespace sluice::inline SLUICE_ABI::detail
