#pragma once

#include <sluice/batch/operator.hpp>
#include <sluice/kafka/application.hpp>
#include <sluice/runtime/streaming_context.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

struct KafkaDistributeFn : OperatorFnBase {
    SLUICE_COLD void operator()(StreamingContext& context, kafka::DistributeOptions options, CallSite at = CallSite::here()) const
    {
        Label const label{"kafka::distribute", at};
        auto& graph = *context.core();
        graph.requireBuilding(label);
        auto const& onFailure = context.config().onBatchFailure;
        if (onFailure.retries > 0 || onFailure.last == proceed) {
            refuse(label,
                   {"Config::onBatchFailure must be stop, without a retry: what fails ends the process, and who takes its place runs the "
                    "batch again"});
        }
        if (kafkaApplicationOf(graph) != nullptr)
            refuse(label, {"it is a process of an application already, by ", where(graph.checkpointingLabel())});
        if (graph.commit() != nullptr)
            refuse(label, {"commitWith was called before: what a sink of one's own commits cannot be a part of a transaction of Kafka's"});
        for (auto const& step : graph.steps()) {
            auto const kind = std::string_view{step.label.kind};
            if (kind.substr(0, 7) == "kafka::")
                refuse(label, {"it comes before what reads topics and writes to them, and so before ", where(step.label)});
        }
        auto const application = makeCounted<KafkaApplication>(context.core(), label, std::move(options));
        graph.setCheckpointing(Counted<Checkpointing>{application}, label);
        graph.setCommit(*application);
        graph.addState();
    }

private:
    [[noreturn]] SLUICE_COLD static void refuse(Label const& label, std::initializer_list<std::string_view> why)
    {
        throw InvalidArgument{concat({where(label), ": ", concat(why)})};
    }
};

}  // namespace detail

namespace kafka {

/// Makes a context one of several processes of an application, which divide Kafka's partitions among them: `kafka::distribute(context,
/// options)`, once, and before what reads topics and writes to them. The processes run the same program, each with its own clock.
///
/// The processes with one `applicationId` are a consumer group. A direct stream has those partitions that its process has, and begins where
/// the group has committed, else where its subscription or its options say; `assign(…)` and `Options::groupId` are refused. When a process comes
/// or goes the partitions are divided anew; a process answers between two batches, so no batch loses a partition while it runs. A batch
/// begins when the one before is committed.
///
/// All that a batch gives to `kafka::writeTo` is one transaction, with the offsets of what it has read: who reads with
/// `isolation.level = read_committed` sees each record's results once, in the order of its partition, whichever process dies when. A batch
/// that has read nothing and written nothing has no transaction. What other outputs do, as `foreachRDD` and `print`, is at least once: it
/// is done again where the batch is. All outputs write by one producer, so `ProducerOptions::transactionalId` and `properties` are refused.
///
/// What a batch fails with ends the process: the transaction is aborted, and whoever has the partitions next runs the records again.
/// `Config::onBatchFailure` may say nothing else. A process that the group has given up, since it was not heard within
/// `DistributeOptions::sessionTimeout`, or since its batch took longer than `maxPollInterval`, is refused its commit, and ends with an error
/// that says so; where that happens between two batches it joins again. Who takes the place of a process that died goes on after
/// `sessionTimeout`, and, where that one had begun to commit a batch, after `transactionTimeout`, which brokers look at every 10 s.
///
/// Operators by key, and states, stand behind `kafka::repartition` or `kafka::partitionedByKey`, which bring the records of a key into one
/// process; others are refused at `start`, by their names and lines, and so is what gives one result for all records, as `count()`. A
/// state (`mapWithState`, `updateStateByKey`) is kept by `| named("…") | checkpoint()`, as with a directory, but in a topic,
/// `<applicationId>-<name>-changelog`: what a batch changes of it is in the batch's transaction, and whoever has a partition next reads it
/// from there before its first batch. The topic is made at the start, compacted and with as many partitions as the keys have; one that is
/// there and is another is refused. Windows, and states with initial ones, are refused for now, as what cannot be divided yet.
///
/// Other inputs are refused at `start`, since each process would read all of them; a directory beside it, and `commitWith`, are refused, too.
/// Options that cannot be: `InvalidArgument`, at the call. Brokers that do not answer, and topics that are not there, fail the start.
///
/// ```cpp
/// StreamingContext ssc{{.master = "local[2]"}, 1s};
/// kafka::distribute(ssc, {.brokers = "localhost:9092", .applicationId = "shout"});
/// kafka::createDirectStream(ssc, kafka::subscribe({"lines"}), {.startingOffsets = kafka::StartingOffsets::earliest})
///     | map([](kafka::Record const& line) { return std::pair(line.key, std::string(line.value) + "!"); })
///     | kafka::writeTo("shouted", {});
/// CHECK(ssc.getState() == ContextState::initialized);
/// ```
inline constexpr detail::KafkaDistributeFn distribute{};

}  // namespace kafka

}  // namespace sluice::inline SLUICE_ABI
