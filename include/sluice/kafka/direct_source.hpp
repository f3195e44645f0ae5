#pragma once

#include <sluice/codec/bytes.hpp>
#include <sluice/kafka/application.hpp>
#include <sluice/kafka/messages.hpp>
#include <sluice/kafka/shares.hpp>
#include <sluice/kafka/subscription.hpp>
#include <sluice/sources/pull_stream.hpp>

#include <optional>

#include <regex.h>

// The source of a direct stream, and its batches. One file although it is long: where a partition begins, how far a batch goes, and what a
// checkpoint keeps of both are about the same list of partitions.

namespace sluice::inline SLUICE_ABI {

namespace detail {

/// The messages of one batch: a partition for each of Kafka's. Each is read when it is asked for the first time, and held.
struct KafkaBatch : RefCounted {
    List<Counted<KafkaPart>> parts;
    EnginePlace place;
};

/// Where a batch stands, how far its partitions went then, and who commits it. Of a batch of another process that is not known any more.
struct KafkaPositions {
    std::vector<kafka::OffsetRange> ranges;
    Counted<KafkaClient> client;
    std::vector<std::int64_t> ends{};  // as ranges, or none

    [[nodiscard]] std::int64_t lagOf(std::size_t i) const { return ends.empty() ? 0 : ends[i] - ranges[i].untilOffset; }
    [[nodiscard]] std::optional<std::int64_t> lag() const
    {
        if (ends.empty()) return std::nullopt;
        std::int64_t sum = 0;
        for (std::size_t i = 0; i < ranges.size(); ++i) sum += lagOf(i);
        return sum;
    }
};

/// Asked for the next records of a part, by whoever pushes it.
SLUICE_COLD inline bool kafkaRead(KafkaPart& part, EnginePlace const& place) { return part.reader && part.reader->read(part.run, place); }

/// The expression of the messages of a batch.
class KafkaRecords {
public:
    using Record = kafka::Record;
    static constexpr bool stored = false;  // the views are made on the way,
    static constexpr bool stable = true;   // what they show lies in the batch

    explicit KafkaRecords(Counted<KafkaBatch> batch) : batch_(std::move(batch)) {}

    [[nodiscard]] static constexpr bool resumable() { return true; }
    [[nodiscard]] std::size_t partitions() const { return batch_->parts.size(); }
    [[nodiscard]] bool isEmpty(std::size_t p) const { return !batch_->parts[p]->reader; }
    [[nodiscard]] EnginePlace const& place() const { return batch_->place; }
    void prepare() const {}

    template <class Sink>
    std::size_t each(std::size_t p, std::size_t from, Sink& sink) const
    {
        auto& part = *batch_->parts[p];
        for (;;) {
            auto const size = part.run.messages.size();
            if (from >= size) {
                if (!kafkaRead(part, batch_->place) && part.run.messages.size() == size) return from;
                continue;
            }
            batch_->place.poll();
            auto const run = part.run.messages.run(from, size);
            auto const taken = push(part, run.messages, run.count < recordsPerPoll ? run.count : recordsPerPoll, sink);
            from += taken.count;
            if (!taken.more) return from;
        }
    }

private:
    template <class Sink>
    static Taken push(KafkaPart& part, ::rd_kafka_message_t* const* messages, std::size_t count, Sink& sink)
    {
        Sink local = static_cast<Sink&&>(sink);
        auto const& of = part.reader->of();
        bool more = true;
        std::size_t i = 0;
        while (i < count && more) {
            auto const& message = *messages[i++];
            ::rd_kafka_timestamp_type_t type{};
            auto const made = ::rd_kafka_message_timestamp(&message, &type);
            more = local(kafka::Record{{static_cast<char const*>(message.key), message.key_len},
                                       {static_cast<char const*>(message.payload), message.len},
                                       of.topic,
                                       of.partition,
                                       message.offset,
                                       Time{Duration{made > 0 ? made * 1000 : 0}},
                                       message.key != nullptr,
                                       message.payload != nullptr,
                                       kafka::Headers{&message, &part.parsing}});
        }
        sink = static_cast<Sink&&>(local);
        return {i, more};
    }

    Counted<KafkaBatch> batch_;
};

/// Names that a POSIX extended regular expression matches as a whole.
class KafkaPattern : public RefCounted {
public:
    SLUICE_COLD KafkaPattern(Label const& label, std::string const& pattern)
    {
        auto const whole = concat({"^(", pattern, ")$"});
        auto const error = ::regcomp(&regex_, whole.c_str(), REG_EXTENDED | REG_NOSUB);
        if (error == 0) return;
        char why[256];
        ::regerror(error, &regex_, why, sizeof why);
        throw InvalidArgument{concat({where(label), ": subscribePattern(\"", pattern, "\"): ", why})};
    }
    KafkaPattern(KafkaPattern const&) = delete;
    KafkaPattern& operator=(KafkaPattern const&) = delete;
    ~KafkaPattern() { ::regfree(&regex_); }

    [[nodiscard]] SLUICE_COLD bool operator()(char const* topic) const
    {
        return std::string_view{topic}.substr(0, 2) != "__" && ::regexec(&regex_, topic, 0, nullptr, 0) == 0;
    }

private:
    ::regex_t regex_;
};

/// What is known of where partitions stand, and what each batch has of them.
class KafkaDirect final : public RefCounted, KafkaDivided {
public:
    SLUICE_COLD KafkaDirect(Counted<GraphCore> const& graph, Label const& label, kafka::Subscription subscription,
                            kafka::Options const& options)
        : graph_(graph.get()),
          label_(label),
          subscription_(std::move(subscription)),
          application_(kafkaApplicationOf(*graph)),
          client_(makeCounted<KafkaClient>(graph, label, application_ != nullptr ? dividedOptions(options) : options))
    {
        auto const& s = subscription_;
        auto const kinds = (s.topics.empty() ? 0 : 1) + (s.pattern.empty() ? 0 : 1) + (s.partitions.empty() ? 0 : 1);
        if (kinds != 1) refuse({"the subscription must name topics, or a pattern, or partitions"});
        if (!s.pattern.empty()) pattern_ = makeCounted<KafkaPattern>(label, s.pattern);
        for (auto const& topic : s.topics) {
            if (topic.empty()) refuse({"a topic has no name"});
        }
        for (auto const& one : s.partitions) requirePartition(one, 0);
        for (auto const& at : s.offsets) {
            requirePartition({at.topic, at.partition}, at.offset);
            if (!reads({at.topic, at.partition}))
                refuse({"an offset is given for ", kafkaName({at.topic, at.partition}), ", which is not subscribed to"});
        }
        if (application_ == nullptr) return;
        if (!s.partitions.empty()) {
            refuse({"assign(…) says itself which partitions are read, and in a context of ", where(application_->label()),
                    " the group does: subscribe to the topic"});
        }
        application_->add(*this);
    }

    SLUICE_COLD void start()
    {
        client_->connect();
        auto found = discover();
        for (auto const& topic : subscription_.topics)
            requireThere(found, [&](auto const& one) { return one.topic == topic; }, {topic, -1});
        for (auto const& wanted : subscription_.partitions) requireThere(found, [&](auto const& one) { return one == wanted; }, wanted);
        if (found.empty()) client_->tell(LogLevel::warning, concat({"no topic's name is matched by ", subscription_.pattern, " so far"}));
        client_->openReader();
        if (application_ == nullptr) begin(found);
        else at_start_ = std::move(found);
    }

    SLUICE_COLD void stop()
    {
        if (!client_->isConnected()) return;
        client_->awaitCommits(5000);
        client_->poll();
    }

    /// What is new, as far as limits allow.
    SLUICE_COLD auto batch(Time t, std::int64_t most)
    {
        client_->poll();
        if (application_ != nullptr) follow();
        else lookAt(t);
        auto const all = names();
        auto const first = client_->offsetsAt(kafka::StartingOffsets::earliest, all);
        auto const last = client_->offsetsAt(kafka::StartingOffsets::latest, all);
        std::vector<std::int64_t> from;
        for (std::size_t i = 0; i < all.size(); ++i) from.push_back(beginOf(i, first[i], last[i]));
        KafkaLimits limits;
        limits.records = most;
        limits.least = client_->options().minRecordsPerPartition;
        limits.bytes = static_cast<double>(graph_->maxReceivedBytes());
        auto const seconds = static_cast<double>(graph_->interval().count()) / 1e6;
        if (auto const rate = client_->options().maxRatePerPartition; rate > 0 && rate * seconds < 1e18)
            limits.ofPartition = static_cast<std::int64_t>(rate * seconds);
        std::vector<KafkaLag> lags;
        for (std::size_t i = 0; i < all.size(); ++i) lags.push_back({last[i] - from[i], bytesEach(i, from[i], last[i] - from[i], limits)});
        auto const shares = kafkaShares(lags, limits);
        std::vector<kafka::OffsetRange> ranges;
        for (std::size_t i = 0; i < all.size(); ++i) ranges.push_back({all[i].topic, all[i].partition, from[i], from[i] + shares[i]});
        if (application_ != nullptr) note(t, ranges);
        auto batch = batchOf(std::move(ranges));
        ends_ = last;
        tellLag();
        return batch;
    }

    /// What a batch had in another process, which ended there.
    SLUICE_COLD auto batch(Time, std::string_view end)
    {
        auto ranges = rangesOf(end);
        for (auto const& range : ranges) enter({range.topic, range.partition}, range.fromOffset);
        std::vector<kafka::OffsetRange> all;
        for (auto const& one : partitions_) {
            auto range = kafka::OffsetRange{one.of.topic, one.of.partition, one.next, one.next};
            for (auto const& had : ranges) {
                if (had.topic == range.topic && had.partition == range.partition) range = had;
            }
            all.push_back(std::move(range));
        }
        ends_.clear();
        return batchOf(std::move(all));
    }

    [[nodiscard]] KafkaPositions positions(Time) const { return {ranges_, client_, ends_}; }
    /// What it reads.
    [[nodiscard]] SLUICE_COLD std::string about() const
    {
        auto const& s = subscription_;
        if (!s.pattern.empty()) return concat({"topics like ", s.pattern});
        std::string text;
        for (auto const& topic : s.topics) text += concat({text.empty() ? "topic " : ", topic ", topic});
        for (auto const& one : s.partitions) text += concat({text.empty() ? "" : "; ", kafkaName(one)});
        return text;
    }
    [[nodiscard]] std::int64_t numRecords(Time) const
    {
        std::int64_t sum = 0;
        for (auto const& range : ranges_) sum += range.count();
        return sum;
    }

    [[nodiscard]] SLUICE_COLD std::string position() const
    {
        std::string bytes;
        BinaryWriter to{bytes};
        to.size(version);
        to.size(ranges_.size());
        for (auto const& range : ranges_) {
            to.text(range.topic);
            to.number(range.partition);
            to.number(range.fromOffset);
            to.number(range.untilOffset);
        }
        to.finish();
        return bytes;
    }
    SLUICE_COLD void restore(std::string_view position) { restored_ = rangesOf(position); }

private:
    static constexpr std::uint64_t version = 1;

    struct Partition {
        kafka::TopicPartition of;
        std::int64_t next;  // offset of the next batch
        Counted<KafkaReader> reader;
        std::uint64_t since = 0;  // that it is this process's, of an application
        bool is_new = false;      // the group is to learn where it begins
    };

    [[noreturn]] SLUICE_COLD void refuse(std::initializer_list<std::string_view> why) const
    {
        throw InvalidArgument{concat({where(label_), ": ", concat(why)})};
    }
    SLUICE_COLD void requirePartition(kafka::TopicPartition const& of, std::int64_t offset) const
    {
        if (of.topic.empty()) refuse({"a topic has no name"});
        if (of.partition < 0 || offset < 0) refuse({kafkaName(of), ": neither it nor its offset can be less than 0"});
    }
    SLUICE_COLD static std::vector<kafka::OffsetRange> rangesOf(std::string_view position)
    {
        std::vector<kafka::OffsetRange> ranges;
        BinaryReader from{position};
        from.guard("where a direct stream of Kafka stands", [&] {
            if (from.size() != version) BinaryReader::fail(from.begin(), "a version that this program does not know");
            for (auto left = from.size(); left > 0; --left) {
                kafka::OffsetRange range;
                range.topic = from.text();
                range.partition = from.number<std::int32_t>();
                range.fromOffset = from.number<std::int64_t>();
                range.untilOffset = from.number<std::int64_t>();
                ranges.push_back(std::move(range));
            }
        });
        return ranges;
    }

    // ---- which partitions there are -----------------------------------------------------------------------------------

    SLUICE_COLD std::vector<kafka::TopicPartition> discover()
    {
        auto const all = [](char const*) { return true; };
        if (pattern_) return client_->partitionsOf(nullptr, [this](char const* topic) { return (*pattern_)(topic); });
        std::vector<kafka::TopicPartition> found;
        for (auto const& topic : subscription_.topics) {
            for (auto& one : client_->partitionsOf(topic.c_str(), all)) found.push_back(std::move(one));
        }
        for (auto const& wanted : subscription_.partitions) {
            for (auto& one : client_->partitionsOf(wanted.topic.c_str(), all)) {
                if (one == wanted) found.push_back(std::move(one));
            }
        }
        return found;
    }

    template <class Is>
    SLUICE_COLD void requireThere(std::vector<kafka::TopicPartition> const& found, Is const& is, kafka::TopicPartition const& wanted) const
    {
        for (auto const& one : found) {
            if (is(one)) return;
        }
        throw StreamError{concat(
            {wanted.partition < 0 ? concat({"topic ", wanted.topic}) : kafkaName(wanted), " is not there, at ", client_->brokersText()})};
    }

    /// Now and then for those that came since.
    SLUICE_COLD void lookAt(Time t)
    {
        if (discovered_ && t - *discovered_ >= client_->options().discoveryInterval) look();
        if (!discovered_ || t > *discovered_) {
            if (!discovered_ || t - *discovered_ >= client_->options().discoveryInterval) discovered_ = t;
        }
    }
    /// Those that came since: with all that they have.
    SLUICE_COLD void look()
    {
        std::vector<kafka::TopicPartition> fresh;
        for (auto& one : discover()) {
            if (find(one) == nullptr) fresh.push_back(std::move(one));
        }
        auto const first = client_->offsetsAt(kafka::StartingOffsets::earliest, fresh);
        for (std::size_t i = 0; i < fresh.size(); ++i) {
            client_->tell(LogLevel::info, concat({kafkaName(fresh[i]), " is new, and read from offset ", Digits{first[i]}.text()}));
            enter(fresh[i], first[i]);
        }
    }

    [[nodiscard]] Partition* find(kafka::TopicPartition const& of)
    {
        for (auto& one : partitions_) {
            if (one.of == of) return &one;
        }
        return nullptr;
    }

    /// In the order of topics and numbers. What is known already stays.
    SLUICE_COLD void enter(kafka::TopicPartition const& of, std::int64_t next)
    {
        if (find(of) != nullptr) return;
        client_->introduce(of.topic);
        std::size_t at = 0;
        while (at < partitions_.size() && partitions_[at].of < of) ++at;
        partitions_.insert(partitions_.begin() + static_cast<std::ptrdiff_t>(at), {of, next, readerOf(of, next)});
    }

    /// One for each: a batch that was kept may still have it.
    [[nodiscard]] SLUICE_COLD Counted<KafkaReader> readerOf(kafka::TopicPartition const& of, std::int64_t next)
    {
        for (std::size_t i = 0; i < former_.size(); ++i) {
            if (former_[i].of != of) continue;
            auto reader = std::move(former_[i].reader);
            former_.erase(former_.begin() + static_cast<std::ptrdiff_t>(i));
            return reader;
        }
        return makeCounted<KafkaReader>(client_, of, next);
    }

    [[nodiscard]] SLUICE_COLD std::vector<kafka::TopicPartition> names() const
    {
        std::vector<kafka::TopicPartition> all;
        for (auto const& one : partitions_) all.push_back(one.of);
        return all;
    }

    // ---- of an application --------------------------------------------------------------------------------------------

    [[nodiscard]] SLUICE_COLD kafka::Options dividedOptions(kafka::Options options) const
    {
        auto const& brokers = application_->options().brokers;
        if (!options.groupId.empty()) {
            refuse({"Options::groupId is left out in a context of ", where(application_->label()),
                    ", where the group is DistributeOptions::applicationId"});
        }
        if (!options.brokers.empty() && options.brokers != brokers) {
            refuse({"Options::brokers is left out in a context of ", where(application_->label()), ", or those of DistributeOptions"});
        }
        options.brokers = brokers;
        return options;
    }

    [[nodiscard]] Label const& label() const override { return label_; }
    [[nodiscard]] SLUICE_COLD std::vector<std::string> topics() const override
    {
        return pattern_ ? std::vector{concat({"^(", subscription_.pattern, ")$"})} : subscription_.topics;
    }
    [[nodiscard]] SLUICE_COLD bool reads(kafka::TopicPartition const& of) const override
    {
        for (auto const& topic : subscription_.topics) {
            if (topic == of.topic) return true;
        }
        for (auto const& one : subscription_.partitions) {
            if (one == of) return true;
        }
        return pattern_ && (*pattern_)(of.topic.c_str());
    }

    /// It has the partitions that the process has, and no others.
    SLUICE_COLD void follow()
    {
        auto const& owned = application_->owned();
        auto const has = [&](Partition const& one) {
            return std::any_of(owned.begin(), owned.end(), [&](KafkaOwned const& is) { return is.since == one.since; });
        };
        for (std::size_t i = partitions_.size(); i-- > 0;) {
            if (has(partitions_[i])) continue;
            partitions_[i].reader->leave();
            former_.push_back(std::move(partitions_[i]));
            partitions_.erase(partitions_.begin() + static_cast<std::ptrdiff_t>(i));
        }
        for (auto const& one : owned) {
            if (!one.isReady || !reads(one.of) || find(one.of) != nullptr) continue;
            auto const had = std::find_if(former_.begin(), former_.end(), [&](Partition const& was) { return was.of == one.of; });
            bool const goesOn = had != former_.end() && had->since == one.since;
            // What was made since is known to the one that is asked, too, when it has looked.
            if (!goesOn) client_->partitionsOf(one.of.topic.c_str(), [](char const*) { return true; });
            auto const is_new = goesOn ? had->is_new : one.committed < 0;
            enter(one.of, goesOn ? had->next : one.committed >= 0 ? one.committed : beginOf(one.of));
            auto& entered = *find(one.of);
            entered.since = one.since;
            entered.is_new = is_new;
        }
    }
    /// What the group has committed nothing of: what came since the process began is read in whole.
    [[nodiscard]] SLUICE_COLD std::int64_t beginOf(kafka::TopicPartition const& of)
    {
        for (auto const& at : subscription_.offsets) {
            if (at.topic == of.topic && at.partition == of.partition) return at.offset;
        }
        bool const was = std::find(at_start_.begin(), at_start_.end(), of) != at_start_.end();
        return client_->offsetsAt(was ? client_->options().startingOffsets : kafka::StartingOffsets::earliest, {of})[0];
    }

    /// What batch t commits.
    SLUICE_COLD void note(Time t, std::vector<kafka::OffsetRange> const& ranges)
    {
        Fixed fixed{t, {}, {}};
        for (std::size_t i = 0; i < ranges.size(); ++i) {
            auto const& range = ranges[i];
            kafka::PartitionOffset at{range.topic, range.partition, range.untilOffset};
            if (range.count() > 0 || std::exchange(partitions_[i].is_new, false)) fixed.moved.push_back(std::move(at));
            else fixed.any = std::move(at);
        }
        std::lock_guard const lock{fixing_};
        fixed_.push_back(std::move(fixed));
    }
    SLUICE_COLD void takeOffsets(Time t, std::vector<kafka::PartitionOffset>& moved, std::optional<kafka::PartitionOffset>& any) override
    {
        std::lock_guard const lock{fixing_};
        while (!fixed_.empty() && fixed_[0].time <= t) {
            if (fixed_[0].time == t) {
                for (auto& at : fixed_[0].moved) moved.push_back(std::move(at));
                if (fixed_[0].any) any = std::move(fixed_[0].any);
            }
            fixed_.erase(fixed_.begin());
        }
    }

    // ---- where they begin ---------------------------------------------------------------------------------------------

    /// A checkpoint goes before what the subscription says, that before what the group has committed, and that before the options. What is
    /// not in a checkpoint came later.
    SLUICE_COLD void begin(std::vector<kafka::TopicPartition> const& found)
    {
        auto const& options = client_->options();
        std::vector<std::int64_t> group(found.size(), -1);
        if (!restored_ && !options.groupId.empty()) group = client_->committed(found);
        auto const end = restored_ ? kafka::StartingOffsets::earliest : options.startingOffsets;
        auto const otherwise = client_->offsetsAt(end, found);
        for (std::size_t i = 0; i < found.size(); ++i) {
            auto const& of = found[i];
            auto next = group[i] >= 0 ? group[i] : otherwise[i];
            for (auto const& at : subscription_.offsets) {
                if (!restored_ && at.topic == of.topic && at.partition == of.partition) next = at.offset;
            }
            for (std::size_t r = 0; restored_ && r < restored_->size(); ++r) {
                auto const& range = (*restored_)[r];
                if (range.topic == of.topic && range.partition == of.partition) next = range.untilOffset;
            }
            enter(of, next);
        }
        for (std::size_t r = 0; restored_ && r < restored_->size(); ++r) {
            kafka::TopicPartition const was{(*restored_)[r].topic, (*restored_)[r].partition};
            if (find(was) == nullptr)
                client_->tell(LogLevel::warning, concat({kafkaName(was), ", which was read before the restart, is not read any more"}));
        }
        for (auto const& one : partitions_) ranges_.push_back({one.of.topic, one.of.partition, one.next, one.next});
    }

    /// The next offset of a partition, where that is there.
    SLUICE_COLD std::int64_t beginOf(std::size_t i, std::int64_t first, std::int64_t last)
    {
        auto const& one = partitions_[i];
        if (one.next >= first && one.next <= last) return one.next;
        auto const how = client_->options().onLostOffsets;
        auto text = one.next < first ? concat({kafkaName(one.of), ": the offsets [", Digits{one.next}.text(), " -> ", Digits{first}.text(),
                                               "] are lost, the topic does not keep them any more"})
                                     : concat({kafkaName(one.of), ": the next offset is ", Digits{one.next}.text(),
                                               ", and the topic ends at ", Digits{last}.text(), ": it was made anew, or has lost its end"});
        if (how == kafka::OnLostOffsets::fail) throw StreamError{concat({text, "; Options::onLostOffsets would go on"})};
        auto const next = how == kafka::OnLostOffsets::earliest ? first : last;
        client_->tell(LogLevel::warning, concat({text, "; goes on with offset ", Digits{next}.text()}));
        return next;
    }

    // ---- what a batch has ---------------------------------------------------------------------------------------------

    /// To the log, when what waits has doubled, and when nothing does any more.
    SLUICE_COLD void tellLag()
    {
        KafkaPositions const positions{ranges_, {}, ends_};
        auto const lag = *positions.lag();
        if (lag > 0 ? lag < 2 * told_ : told_ == 0) return;
        told_ = lag;
        if (lag == 0) return client_->tell(LogLevel::info, "nothing waits behind the batch any more");
        std::string text;
        for (std::size_t i = 0; i < ranges_.size(); ++i) {
            if (auto const its = positions.lagOf(i); its > 0)
                text += concat({text.empty() ? "" : "; ", kafkaName(partitions_[i].of), ": ", Digits{its}.text()});
        }
        client_->tell(LogLevel::info, concat({"offsets wait behind the batch: ", text}));
    }

    /// What a record takes: as those before, or, where none was read, as the first that there are. The broker's default bound is taken
    /// where that is not known either.
    SLUICE_COLD double bytesEach(std::size_t i, std::int64_t from, std::int64_t lag, KafkaLimits const& limits)
    {
        constexpr double unknown = 1 << 20;
        auto& reader = *partitions_[i].reader;
        if (reader.bytesEach() == 0 && static_cast<double>(lag) * unknown > limits.bytes / static_cast<double>(partitions_.size()))
            reader.sample(from, graph_->place());
        return reader.bytesEach() > 0 ? reader.bytesEach() : unknown;
    }

    SLUICE_COLD std::optional<RDD<kafka::Record, KafkaRecords>> batchOf(std::vector<kafka::OffsetRange> ranges)
    {
        auto batch = makeCounted<KafkaBatch>();
        batch->place = graph_->place();
        for (std::size_t i = 0; i < ranges.size(); ++i) {
            auto const& range = ranges[i];
            auto const reader = range.count() > 0 ? partitions_[i].reader : Counted<KafkaReader>{};
            batch->parts.push_back(makeCounted<KafkaPart>(reader, range.fromOffset, range.untilOffset));
        }
        for (std::size_t i = 0; i < ranges.size(); ++i) partitions_[i].next = ranges[i].untilOffset;
        ranges_ = std::move(ranges);
        return RDD<kafka::Record, KafkaRecords>{KafkaRecords{std::move(batch)}};
    }

    struct Fixed {
        Time time;
        std::vector<kafka::PartitionOffset> moved;
        std::optional<kafka::PartitionOffset> any;
    };

    GraphCore* graph_;  // which has the node that has this
    Label label_;
    kafka::Subscription subscription_;
    Counted<KafkaPattern> pattern_;
    KafkaApplication* application_;  // which the graph holds; null: all that it subscribes to is read here
    Counted<KafkaClient> client_;
    std::vector<Partition> partitions_;       // in the order of topics and numbers
    std::vector<kafka::OffsetRange> ranges_;  // of the batch that was asked for last
    std::vector<std::int64_t> ends_;          // of its partitions then
    std::int64_t told_ = 0;                   // how much waited when the log was told of it
    std::optional<std::vector<kafka::OffsetRange>> restored_;
    std::optional<Time> discovered_;

    // Of an application:
    std::vector<kafka::TopicPartition> at_start_;  // that there were
    std::vector<Partition> former_;                // which other processes have now, or which come back
    std::mutex fixing_;
    std::vector<Fixed> fixed_;  // batches that are not committed, under the lock
};

/// A source that a PullNode takes by value.
struct KafkaSource {
    Counted<KafkaDirect> direct;

    void start() { direct->start(); }
    void stop() { direct->stop(); }
    auto batch(Time t, std::int64_t most) { return direct->batch(t, most); }
    auto batch(Time t, std::string_view end) { return direct->batch(t, end); }
    [[nodiscard]] KafkaPositions positions(Time t) const { return direct->positions(t); }
    [[nodiscard]] std::int64_t numRecords(Time t) const { return direct->numRecords(t); }
    [[nodiscard]] std::string about() const { return direct->about(); }
    [[nodiscard]] std::string position() const { return direct->position(); }
    void restore(std::string_view position) { direct->restore(position); }
};

}  // namespace detail

// What listeners see: the ranges that have records, the largest first, as Spark shows them, with what waits behind; then what waits alone.
template <>
struct TextOf<detail::KafkaPositions> {
    SLUICE_COLD static void append(std::string& out, detail::KafkaPositions const& positions)
    {
        auto const& ranges = positions.ranges;
        std::vector<std::size_t> order;
        for (std::size_t i = 0; i < ranges.size(); ++i) {
            if (ranges[i].count() == 0 && positions.lagOf(i) == 0) continue;
            auto at = order.size();
            while (at > 0 && ranges[order[at - 1]].count() < ranges[i].count()) --at;
            order.insert(order.begin() + static_cast<std::ptrdiff_t>(at), i);
        }
        for (auto const i : order) {
            if (i != order[0]) out += '\n';
            out += detail::concat({"topic: ", ranges[i].topic, "\tpartition: ", detail::Digits{std::int64_t{ranges[i].partition}}.text(),
                                   "\toffsets: ", detail::Digits{ranges[i].fromOffset}.text(), " to ",
                                   detail::Digits{ranges[i].untilOffset}.text()});
            if (!positions.ends.empty()) out += detail::concat({"\tlag: ", detail::Digits{positions.lagOf(i)}.text()});
        }
    }
};

}  // namespace sluice::inline SLUICE_ABI
