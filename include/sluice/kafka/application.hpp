#pragma once

#include <sluice/io/monitor.hpp>
#include <sluice/kafka/changelog.hpp>
#include <sluice/kafka/keyed_steps.hpp>
#include <sluice/kafka/member.hpp>
#include <sluice/kafka/standby.hpp>
#include <sluice/kafka/subscription.hpp>
#include <sluice/kafka/topic.hpp>
#include <sluice/kafka/topics.hpp>
#include <sluice/runtime/batch_runner.hpp>
#include <sluice/stream/batch_of_thread.hpp>
#include <sluice/stream/require_kept.hpp>

#include <algorithm>
#include <cstring>
#include <memory>

#include <sys/random.h>

// One file although it is long: who has which partitions, and what a batch commits, follow from one another.

namespace sluice::inline SLUICE_ABI::detail {

/// A partition that this process has, and where it begins; `since` is another one each time that it is given to it.
struct KafkaOwned {
    kafka::TopicPartition of;
    std::int64_t committed;  // by the group; less than 0: nothing
    std::uint64_t since;
    bool isReady;  // nobody before is still writing, and what belongs to it is there

    friend bool operator<(KafkaOwned const& a, KafkaOwned const& b) { return a.of < b.of; }
};

/// An operator behind which keys are divided among processes, by the partitions of a topic.
struct KafkaRoot {
    std::size_t step;  // that the graph draws
    std::string topic;
    std::int32_t partitions;
};

/// Which of Kafka's partitions the partitions of a batch are, where an application says so: none where there is none.
struct KafkaPlaces : RefCounted {
    struct Place {
        std::int32_t partition;
        std::int32_t of;  // so many
    };
    std::vector<Place> all{};  // not changed while a batch is under way
};

/// A direct stream of an application.
struct KafkaDivided {
    [[nodiscard]] virtual Label const& label() const = 0;
    /// Names of topics, and regular expressions that begin with `^`.
    [[nodiscard]] virtual std::vector<std::string> topics() const = 0;
    /// Whether it reads that.
    [[nodiscard]] virtual bool reads(kafka::TopicPartition const& of) const = 0;
    /// Where batch t ends in what it has read of, or has begun with; otherwise, where it stands in one of its partitions.
    virtual void takeOffsets(Time t, std::vector<kafka::PartitionOffset>& moved, std::optional<kafka::PartitionOffset>& any) = 0;

protected:
    ~KafkaDivided() = default;
};

/// One of the processes of an application: its partitions, and one transaction for each batch.
///
/// A batch begins when the one before it is committed: what the group changes is answered between them. So no batch is under way whose
/// partitions somebody else has, unless the group has given up this process; then its transaction is refused.
class KafkaApplication final : public Checkpointing, public BatchCommit {
public:
    SLUICE_COLD KafkaApplication(Counted<GraphCore> const& graph, Label const& label, kafka::DistributeOptions options)
        : held_(graph), graph_(*graph), label_(label), options_(requireWhole(label, *graph, std::move(options)))
    {
        auto const subject = concat({"application ", options_.applicationId, ": "});
        auto all = options_.properties;
        for (auto const& property : options_.producerProperties) all.push_back(property);
        member_ = makeCounted<KafkaMember>(graph, label, options_);
        producer_ = makeCounted<KafkaProducer>(
            graph, label,
            KafkaProducer::As{"DistributeOptions", subject,
                              concat({options_.applicationId, "-", options_.instanceId.empty() ? randomName() : options_.instanceId}),
                              options_.transactionTimeout},
            options_.brokers, options_.timeout, all, producerProperties);
    }

    [[nodiscard]] kafka::DistributeOptions const& options() const { return options_; }
    [[nodiscard]] Label const& label() const { return label_; }

    // ---- before the start ---------------------------------------------------------------------------------------------

    /// A stream that reads topics. Another one that reads one of them, too: `InvalidArgument`.
    SLUICE_COLD void add(KafkaDivided& stream)
    {
        for (auto const& topic : stream.topics()) {
            for (auto const* const other : streams_) {
                if (!other->reads({topic, 0})) continue;
                throw InvalidArgument{concat({where(stream.label()), ": topic ", topic, " is read by ", where(other->label()),
                                              " already: in an application one stream reads it, which several operators may use"})};
            }
            subscribed_.push_back(topic);
        }
        streams_.push_back(&stream);
    }
    /// A topic that batches write to, in their transaction.
    [[nodiscard]] SLUICE_COLD Counted<KafkaTopic> topic(std::string const& name)
    {
        for (auto const& known : topics_) {
            if (known->name() == name) return known;
        }
        topics_.push_back(makeCounted<KafkaTopic>(*producer_, name));
        return topics_.back();
    }
    /// A topic that the application has for itself: it is made at the start, where it is not there.
    SLUICE_COLD void own(KafkaTopicSpec spec) { specs_.push_back(std::move(spec)); }
    /// From here on keys are divided so.
    SLUICE_COLD void add(KafkaRoot root) { roots_.push_back(std::move(root)); }
    [[nodiscard]] std::vector<KafkaRoot> const& roots() const { return roots_; }
    /// The operator of that step is told which partitions those of its batches are.
    SLUICE_COLD void add(std::size_t step, Counted<KafkaPlaces> places) { placed_.push_back({step, std::move(places)}); }
    /// Null where there is none.
    [[nodiscard]] KafkaStandby* standby() const { return standby_.get(); }
    /// By which all is written.
    [[nodiscard]] KafkaProducer& producer() { return *producer_; }

    /// Where it is kept.
    [[nodiscard]] std::string const& directory() const override { return nowhere_; }

    SLUICE_COLD Grid start(GraphCore&, Time zero) override
    {
        requireAlone();
        std::vector<CheckpointedPart const*> parts;
        for (auto const& part : graph_.checkpointed()) parts.push_back(part.get());
        requireAllKept(graph_, label_, parts);
        KafkaKeyedSteps const steps{graph_};
        steps.require(label_);
        for (auto& placed : placed_) find(placed, steps);
        producer_->open();
        for (auto const& part : graph_.checkpointed()) keep(*part, steps, zero);
        makeOwn();
        for (auto const& topic : topics_) topic->open();
        if (!subscribed_.empty()) member_->join(subscribed_);
        if (options_.standby && !tables_.empty()) {
            auto const hook = graph_.owner() != nullptr ? graph_.owner()->config().onThreadStart : Callback<void(std::string const&)>{};
            standby_ = std::make_unique<KafkaStandby>(held_, label_, options_.brokers, options_.timeout, options_.properties, hook);
        }
        return {zero, zero + graph_.interval()};
    }

    // ---- a batch ------------------------------------------------------------------------------------------------------

    /// Waits until the batch before is over, and answers what the group has changed.
    SLUICE_COLD void beforeFix(Time t) override
    {
        if (batchOfThread != noBatch) return;  // within a batch, which has moved the clock
        awaitIdle();
        if (closed_.load(std::memory_order_acquire)) return;
        if (!subscribed_.empty()) follow(t);
        for (auto& placed : placed_) place(placed);
        for (auto const& topic : topics_) topic->begin();
        std::lock_guard const lock{monitor_};
        running_ = true;
    }
    SLUICE_COLD void begun(Time) override {}
    SLUICE_COLD void awaitBegun(Time) override {}

    /// The partitions that batches may read now, in the order of topics and numbers; it changes before inputs fix their batch alone.
    [[nodiscard]] std::vector<KafkaOwned> const& owned() const { return owned_; }

    /// By the first who writes in a batch; others wait.
    SLUICE_COLD void beginTransaction()
    {
        std::lock_guard const lock{beginning_};
        if (producer_->isInTransaction()) return;
        producer_->begin();
        began_ = kafkaNow();
    }

    /// Returns when brokers have all that a batch has given to a topic.
    SLUICE_COLD void deliver(KafkaTopic& topic)
    {
        if (topic.sent() == 0) return;
        explained([&] {
            producer_->flush();
            topic.requireDelivered();
        });
    }

    SLUICE_COLD void end(RunningBatch& batch, SchedulerOwner& owner) override
    {
        auto const t = batch.tick.time;
        if (batch.failure != nullptr) return abort();
        try {
            commit(t);
        } catch (...) {
            batch.failure = BatchRunner<>::caught(label_, t);
            graph_.log({LogLevel::error, label_, t, errorText(batch.failure)});
            abort();
            owner.failed(batch.failure);
        }
    }

    SLUICE_COLD void committed(Time) override { over(); }
    SLUICE_COLD void close() noexcept override
    {
        closed_.store(true, std::memory_order_release);
        over();
    }
    SLUICE_COLD void stop() override
    {
        closed_.store(true, std::memory_order_release);
        standby_.reset();
        for (auto const& topic : topics_) topic->close();
        producer_->close();
        member_->leave();
    }

private:
    static constexpr KafkaFixedProperty producerProperties[] = {
        {"transactional.id", "DistributeOptions::instanceId says it"},
        {"transaction.timeout.ms", "DistributeOptions::transactionTimeout says it"},
        {"message.timeout.ms", "DistributeOptions::timeout says it"},
        {"delivery.timeout.ms", "DistributeOptions::timeout says it"},
        {"enable.idempotence", "the producer is always idempotent"},
        {"delivery.report.only.error", "a batch waits for all records itself"},
    };

    // ---- what it is asked for -----------------------------------------------------------------------------------------

    [[noreturn]] SLUICE_COLD static void refuse(Label const& label, std::initializer_list<std::string_view> why)
    {
        throw InvalidArgument{concat({where(label), ": ", concat(why)})};
    }

    SLUICE_COLD static kafka::DistributeOptions requireWhole(Label const& label, GraphCore const& graph, kafka::DistributeOptions options)
    {
        auto const& id = options.applicationId;
        if (id.empty()) refuse(label, {"DistributeOptions::applicationId is empty: which application is it?"});
        constexpr std::string_view letters{"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"};
        if (id.find_first_not_of(letters) != std::string::npos)
            refuse(label,
                   {"DistributeOptions::applicationId begins the names of topics, so it has letters, digits, '.', '_' and '-' alone, got ",
                    id});
        auto const& strategy = options.assignmentStrategy;
        if (strategy == "cooperative-sticky") {
            refuse(label, {"DistributeOptions::assignmentStrategy: cooperative-sticky is not supported, with which librdkafka 2.0.2 ends "
                           "the process: "
                           "range, or roundrobin"});
        }
        if (strategy != "range" && strategy != "roundrobin")
            refuse(label, {"DistributeOptions::assignmentStrategy is range or roundrobin, got ", strategy});
        if (options.sessionTimeout < std::chrono::seconds{1})
            refuse(label, {"DistributeOptions::sessionTimeout must be 1 s at least, got ", toString(options.sessionTimeout)});
        if (options.maxPollInterval < options.sessionTimeout || options.maxPollInterval <= graph.interval()) {
            refuse(label, {"DistributeOptions::maxPollInterval must be no less than sessionTimeout, which is ",
                           toString(options.sessionTimeout), ", and longer than the batch interval, which is ", toString(graph.interval()),
                           ", got ", toString(options.maxPollInterval)});
        }
        if (!options.transactionTimeout) {
            auto const ten = times(graph.interval(), 10);
            options.transactionTimeout = ten < std::chrono::seconds{10} ? Duration{std::chrono::seconds{10}} : ten;
        }
        if (*options.transactionTimeout < std::chrono::seconds{1})
            refuse(label, {"DistributeOptions::transactionTimeout must be 1 s at least, got ", toString(*options.transactionTimeout)});
        return options;
    }

    SLUICE_COLD static std::string randomName()
    {
        unsigned char bytes[8] = {};
        if (::getrandom(bytes, sizeof bytes, 0) != static_cast<::ssize_t>(sizeof bytes))
            throw StreamError{"sluice::kafka::distribute: the system has no random numbers for a name"};
        std::string name;
        for (auto const byte : bytes) {
            name += "0123456789abcdef"[byte >> 4];
            name += "0123456789abcdef"[byte & 15];
        }
        return name;
    }

    /// What each process would read in whole is no part of an application.
    SLUICE_COLD void requireAlone() const
    {
        for (auto const& input : graph_.inputs()) {
            auto const* const kind = input->label.kind;
            if (std::strcmp(kind, "kafka::createDirectStream") == 0 || std::strcmp(kind, "kafka::repartition") == 0 ||
                std::strcmp(kind, "deadLetters") == 0)
                continue;
            throw IllegalState{
                concat({where(label_), ": direct streams of Kafka alone are divided among processes; each of them would read all of ",
                        where(input->label), ": write it to a topic"})};
        }
    }

    // ---- which partitions it has --------------------------------------------------------------------------------------

    SLUICE_COLD void awaitIdle()
    {
        std::unique_lock lock{monitor_};
        while (!monitor_.waitUntil(io::Monitor::after(std::chrono::milliseconds{20}), [&] { return !running_; })) {
            lock.unlock();
            graph_.place().poll();
            lock.lock();
        }
    }
    SLUICE_COLD void over() noexcept
    {
        std::lock_guard const lock{monitor_};
        running_ = false;
        monitor_.notifyAll();
    }

    /// With states it waits longer for its partitions, since what those that do not come back have is read anew.
    SLUICE_COLD void follow(Time t)
    {
        auto const interval = graph_.interval() / std::chrono::milliseconds{1};
        if (tables_.empty()) member_->look(interval < 400 ? interval / 2 : 200);
        else member_->look(interval < 5000 ? 2 * interval : 10'000);
        if (member_->isJoining()) {
            // They may come back with the next assignment: then it goes on with them.
            for (auto& one : owned_) before_.push_back(std::move(one));
            owned_.clear();
        } else if (version_ != member_->version()) {
            take();
        }
        settle();
        if (!tables_.empty()) moveStates(t);
    }

    /// What it has had without a break it goes on with; the rest begins as the group has committed it.
    SLUICE_COLD void take()
    {
        for (auto& one : owned_) before_.push_back(std::move(one));
        owned_.clear();
        for (auto const& of : member_->assigned()) {
            auto const had = std::find_if(before_.begin(), before_.end(), [&](KafkaOwned const& one) { return one.of == of; });
            if (member_->isContinuous() && had != before_.end() && had->isReady) owned_.push_back(*had);
            else owned_.push_back({of, -1, ++since_, false});
        }
        before_.clear();
        member_->hold();
        version_ = member_->version();
        waiting_since_ = kafkaNow();
        tellOwned();
    }

    SLUICE_COLD void tellOwned() const
    {
        std::string text;
        for (std::size_t i = 0; i < owned_.size(); ++i) {
            auto const& of = owned_[i].of;
            bool const isNext = i > 0 && owned_[i - 1].of.topic == of.topic;
            if (!isNext) text += concat({text.empty() ? "" : "; ", "topic ", of.topic, ", partitions"});
            text += concat({isNext ? ", " : " ", Digits{std::int64_t{of.partition}}.text()});
        }
        graph_.log({LogLevel::info, label_, {}, concat({"this process has ", text.empty() ? "no partition" : text})});
    }

    /// Those that were given to it begin when nobody writes any more who has had them before.
    SLUICE_COLD void settle()
    {
        std::vector<kafka::TopicPartition> fresh;
        for (auto const& one : owned_) {
            if (!one.isReady) fresh.push_back(one.of);
        }
        if (fresh.empty()) return;
        std::vector<std::int64_t> offsets;
        if (!member_->committed(fresh, offsets, 250)) {
            auto const patience = (options_.timeout + *options_.transactionTimeout) / std::chrono::milliseconds{1} + 15'000;
            if (kafkaNow() - waiting_since_ < patience) return;
            throw StreamError{
                concat({"application ", options_.applicationId, ": ", member_->brokersText(),
                        " did not tell where its partitions stand within ", Digits{patience}.text(), " ms", member_->lastWords()})};
        }
        std::size_t i = 0;
        for (auto& one : owned_) {
            if (one.isReady) continue;
            one.committed = offsets[i++];
            one.isReady = true;
        }
    }

    // ---- what is partitioned by key already ---------------------------------------------------------------------------

    struct Placed {
        std::size_t step;
        Counted<KafkaPlaces> places;
        KafkaDivided* stream = nullptr;
    };

    SLUICE_COLD void find(Placed& placed, KafkaKeyedSteps const& steps)
    {
        for (auto const input : steps.inputsOf(placed.step)) {
            for (auto* const stream : streams_) {
                if (isOf(*stream, input)) placed.stream = stream;
            }
        }
        if (placed.stream != nullptr) return;
        throw IllegalState{
            concat({where(label_), ": ", where(graph_.steps()[placed.step].label),
                    " must stand behind a direct stream, with operators of one record between, so that it is known from which "
                    "partition a record is"})};
    }
    /// In the order in which the stream has them.
    SLUICE_COLD void place(Placed& placed)
    {
        placed.places->all.clear();
        for (auto const& one : owned_) {
            if (one.isReady && placed.stream->reads(one.of)) placed.places->all.push_back({one.of.partition, partitionsOf(one.of.topic)});
        }
    }
    [[nodiscard]] SLUICE_COLD std::int32_t partitionsOf(std::string const& topic)
    {
        for (auto const& [known, partitions] : sizes_) {
            if (known == topic) return partitions;
        }
        return sizes_.emplace_back(topic, producer_->partitionsOf(topic)).second;
    }
    [[nodiscard]] SLUICE_COLD bool isOf(KafkaDivided const& stream, std::size_t input) const
    {
        auto const& at = graph_.steps()[input].label;
        auto const& its = stream.label();
        return its.kind == at.kind && its.at.line == at.at.line && std::strcmp(its.at.file, at.at.file) == 0;
    }

    // ---- states -------------------------------------------------------------------------------------------------------

    /// A state, its changelog, and which partitions of it are here.
    struct Table {
        struct Here {
            std::int32_t partition;
            std::uint64_t since;
        };

        std::unique_ptr<KafkaChangelog> changelog;
        Counted<KafkaTopic> topic;
        std::string by;  // the topic whose partitions say where its keys are
        std::vector<Here> here{};
    };
    /// What states write in a batch.
    struct Changes final : KafkaChanges {
        explicit Changes(KafkaApplication& of, KafkaTopic& to) : application(of), topic(to) {}

        bool send(KafkaBytes key, KafkaBytes value, std::int32_t partition) override
        {
            if (!std::exchange(any, true)) application.beginTransaction();
            return topic.sendTo(partition, key, value);
        }
        KafkaApplication& application;
        KafkaTopic& topic;
        bool any = false;
    };

    [[noreturn]] SLUICE_COLD void refuseState(CheckpointedPart const& part, std::initializer_list<std::string_view> why) const
    {
        throw IllegalState{concat({where(label_), ": ", where(part.label()), ": ", concat(why)})};
    }

    SLUICE_COLD void keep(CheckpointedPart& part, KafkaKeyedSteps const& steps, Time last)
    {
        if (auto const* const why = part.stays()) refuseState(part, {"it cannot be kept here, since ", why});
        auto const by = dividedBy(part, steps);
        auto changelog =
            std::make_unique<KafkaChangelog>(part, KafkaChangelog::topicOf(options_.applicationId, part.name()), by.partitions);
        own(changelog->spec());
        auto written = topic(changelog->topic());
        changelog->begin(last);
        tables_.push_back({std::move(changelog), std::move(written), by.topic});
    }

    /// The topic as whose partitions the keys of a state are divided.
    SLUICE_COLD KafkaRoot dividedBy(CheckpointedPart const& part, KafkaKeyedSteps const& steps)
    {
        std::vector<KafkaRoot> all;
        for (auto const root : steps.rootsOf(stepOf(graph_, part))) {
            for (auto const& known : roots_) {
                if (known.step == root) all.push_back(known);
            }
            if (graph_.steps()[root].label.kind != std::string_view{KafkaKeyedSteps::partitionedByKey}) continue;
            for (auto const input : steps.inputsOf(root)) addTopicsOf(part, input, all);
        }
        if (all.empty()) refuseState(part, {"no topic says how its keys are divided"});
        for (auto const& other : all) {
            if (other.partitions != all[0].partitions) {
                refuseState(part, {"its keys are divided differently: topic ", all[0].topic, " has ",
                                   Digits{std::int64_t{all[0].partitions}}.text(), " partitions, and topic ", other.topic, " has ",
                                   Digits{std::int64_t{other.partitions}}.text()});
            }
            if (other.topic != all[0].topic && options_.assignmentStrategy != "range") {
                refuseState(part, {"its keys come from several topics, whose partitions go to the same process where "
                                   "DistributeOptions::assignmentStrategy is range"});
            }
        }
        return all[0];
    }
    SLUICE_COLD void addTopicsOf(CheckpointedPart const& part, std::size_t input, std::vector<KafkaRoot>& all)
    {
        for (auto const* const stream : streams_) {
            if (!isOf(*stream, input)) continue;
            for (auto const& topic : stream->topics()) {
                if (topic[0] == '^') refuseState(part, {"its topics are those of a pattern: subscribe to them by their names"});
                all.push_back({input, topic, partitionsOf(topic)});
            }
        }
    }

    SLUICE_COLD void makeOwn()
    {
        if (specs_.empty()) return;
        KafkaTopics topics{held_, label_, options_.brokers, options_.timeout, options_.properties};
        for (auto const& spec : specs_) topics.require(spec);
    }

    /// Keys of partitions that it has no more leave its states, and those of others are read, before a batch has either.
    SLUICE_COLD void moveStates(Time t)
    {
        GraphCore::Turn const turn{graph_};
        auto const ownedOf = [&](Table const& table, std::int32_t partition) -> KafkaOwned const* {
            for (auto const& one : owned_) {
                if (one.isReady && one.of.partition == partition && one.of.topic == table.by) return &one;
            }
            return nullptr;
        };
        struct Gained {
            Table* table;
            Table::Here here;
            std::unique_ptr<KafkaCopy> copy;
        };
        std::vector<Gained> gained;
        for (auto& table : tables_) {
            std::vector<std::int32_t> lost;
            for (std::size_t i = table.here.size(); i-- > 0;) {
                auto const* const owned = ownedOf(table, table.here[i].partition);
                if (owned != nullptr && owned->since == table.here[i].since) continue;
                lost.push_back(table.here[i].partition);
                table.here.erase(table.here.begin() + static_cast<std::ptrdiff_t>(i));
            }
            if (!lost.empty()) table.changelog->forget(lost);
            for (auto const& one : owned_) {
                if (!one.isReady || one.of.topic != table.by) continue;
                bool const isHere = std::any_of(table.here.begin(), table.here.end(),
                                                [&](Table::Here const& here) { return here.partition == one.of.partition; });
                if (isHere) continue;
                gained.push_back({&table, {one.of.partition, one.since}, copyOf({table.changelog->topic(), one.of.partition})});
            }
        }
        if (gained.empty()) return standBy();
        std::vector<KafkaCopy*> copies;
        std::int64_t followed = 0;
        for (auto const& one : gained) {
            copies.push_back(one.copy.get());
            followed += one.copy->next > 0 ? 1 : 0;
        }
        auto const began = kafkaNow();
        KafkaChangelogReader reader{held_,
                                    label_,
                                    options_.brokers,
                                    options_.timeout,
                                    options_.timeout + *options_.transactionTimeout + std::chrono::seconds{15},
                                    options_.properties};
        reader.read(copies);
        std::int64_t keys = 0;
        for (auto& one : gained) {
            one.table->changelog->load(t - graph_.interval(), *one.copy);
            keys += static_cast<std::int64_t>(one.copy->entries.size());
            one.copy.reset();
            one.table->here.push_back(one.here);
        }
        graph_.log({LogLevel::info, label_, t,
                    concat({Digits{keys}.text(), " states of ", Digits{gained.size()}.text(), " partitions were read in ",
                            Digits{kafkaNow() - began}.text(), " ms",
                            standby_ ? concat({", ", Digits{followed}.text(), " of them followed before"}) : ""})});
        standBy();
    }

    /// The copy that was followed until now, or one that has nothing yet.
    SLUICE_COLD std::unique_ptr<KafkaCopy> copyOf(kafka::TopicPartition const& of)
    {
        auto copy = standby_ ? standby_->take(of) : nullptr;
        return copy ? std::move(copy) : std::make_unique<KafkaCopy>(of);
    }
    /// What others have is followed, where it is not yet.
    SLUICE_COLD void standBy()
    {
        if (!standby_) return;
        std::vector<kafka::TopicPartition> others;
        for (auto const& table : tables_) {
            for (std::int32_t p = 0; p < table.changelog->partitions(); ++p) {
                bool const isHere =
                    std::any_of(table.here.begin(), table.here.end(), [p](Table::Here const& here) { return here.partition == p; });
                if (!isHere) others.push_back({table.changelog->topic(), p});
            }
        }
        if (others == followed_) return;
        standby_->follow(others);
        followed_ = std::move(others);
    }

    /// What the batch has changed of its states.
    SLUICE_COLD void saveStates()
    {
        if (tables_.empty()) return;
        GraphCore::Turn const turn{graph_};
        for (auto& table : tables_) {
            Changes changes{*this, *table.topic};
            std::vector<std::int32_t> here;
            for (auto const& one : table.here) here.push_back(one.partition);
            table.topic->addSent(table.changelog->save(changes, here));
        }
    }

    // ---- what a batch commits -----------------------------------------------------------------------------------------

    SLUICE_COLD void commit(Time t)
    {
        std::vector<kafka::PartitionOffset> offsets;
        std::optional<kafka::PartitionOffset> any;
        for (auto* const stream : streams_) stream->takeOffsets(t, offsets, any);
        saveStates();
        if (!producer_->isInTransaction() && offsets.empty()) return;
        if (offsets.empty() && any) offsets.push_back(*any);  // so that the group looks whether it still has it
        explained([&] {
            beginTransaction();
            producer_->flush();
            for (auto const& topic : topics_) topic->requireDelivered();
            if (!offsets.empty()) sendOffsets(offsets);
            producer_->commit();
        });
    }

    /// What brokers have aborted meanwhile fails as if another one had come.
    template <class F>
    SLUICE_COLD void explained(F const& f)
    {
        try {
            f();
        } catch (...) {
            auto const took = Duration{std::chrono::milliseconds{kafkaNow() - began_}};
            if (took < *options_.transactionTimeout || !replaced_.empty()) throw;
            throw StreamError{concat({"application ", options_.applicationId, ": the transaction of the batch, of ", toString(took),
                                      ", has taken longer than DistributeOptions::transactionTimeout, which is ",
                                      toString(*options_.transactionTimeout), ": ", errorText(std::current_exception())})};
        }
    }

    SLUICE_COLD void sendOffsets(std::vector<kafka::PartitionOffset> const& offsets)
    {
        KafkaList list{offsets.size()};
        for (auto const& at : offsets) list.add(at.topic, at.partition, at.offset);
        std::string why;
        if (member_->metadata() == nullptr) why = "it is no member";
        else if (producer_->sendOffsets("commit in a transaction what was read", list, member_->metadata(), why)) return;
        replaced_ =
            concat({"application ", options_.applicationId,
                    ": another process has taken the place of this one, whose batch does not count: the group has not heard it within "
                    "DistributeOptions::sessionTimeout, which is ",
                    toString(options_.sessionTimeout), ", or a batch has taken longer than maxPollInterval, which is ",
                    toString(options_.maxPollInterval), ": ", why});
        throw StreamError{replaced_};
    }

    SLUICE_COLD void abort() { producer_->abort(); }

    Counted<GraphCore> held_;  // which lets go of this when it disbands
    GraphCore& graph_;
    Label label_;
    kafka::DistributeOptions options_;
    Counted<KafkaMember> member_;
    Counted<KafkaProducer> producer_;
    std::vector<Counted<KafkaTopic>> topics_;  // behind their producer
    std::vector<KafkaDivided*> streams_;       // which the graph holds
    std::vector<std::string> subscribed_;
    std::vector<KafkaTopicSpec> specs_;
    std::vector<KafkaRoot> roots_;
    std::vector<Table> tables_;
    std::unique_ptr<KafkaStandby> standby_;
    std::vector<kafka::TopicPartition> followed_;
    std::vector<Placed> placed_;
    std::vector<std::pair<std::string, std::int32_t>> sizes_;  // of topics
    std::string nowhere_;
    std::atomic<bool> closed_{false};

    // Of who ticks:
    std::vector<KafkaOwned> owned_;
    std::vector<KafkaOwned> before_;  // that it had until the group began to divide anew
    std::uint64_t version_ = 0;
    std::uint64_t since_ = 0;
    std::int64_t waiting_since_ = 0;

    std::mutex beginning_;
    std::int64_t began_ = 0;  // the transaction, in milliseconds
    std::string replaced_;
    io::Monitor monitor_;
    bool running_ = false;  // a batch, under the lock
};

/// The application that a graph is a process of; null: it is none.
[[nodiscard]] SLUICE_COLD inline KafkaApplication* kafkaApplicationOf(GraphCore const& graph)
{
    return dynamic_cast<KafkaApplication*>(graph.checkpointing());
}

}  // namespace sluice::inline SLUICE_ABI::detail
