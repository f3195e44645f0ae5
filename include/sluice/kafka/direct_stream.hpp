#pragma once

#include <sluice/kafka/direct_source.hpp>

namespace sluice::inline SLUICE_ABI::kafka {

/// A stream of the messages of topics: `createDirectStream(context, subscription, options)`.
///
/// There is no receiver: at each tick brokers are asked how far partitions go, and the batch is a range of offsets of each, as far as
/// limits allow, one partition of the batch for one of Kafka's, in the order of topics and numbers. The jobs read them, each partition by
/// the worker that has it; `offsetRanges(batch)` tells them. Records are `Record`s, which lie in librdkafka's memory; they last as long as
/// the batch, and are read once however many outputs ask for them.
///
/// A partition begins where the checkpoint says; else where the subscription says; else where the group has committed; else at
/// `Options::startingOffsets`. Partitions that come later begin with their first record. With a checkpoint the stream has a name, and a
/// batch that was not done has the same ranges again.
///
/// `Config::receiverMaxRate` and back pressure limit the whole stream, each partition in the proportion of what waits in it, and
/// `Options::maxRatePerPartition` each partition: also the first batch after a pause. A batch takes about `Config::maxReceivedBytes` of
/// memory at most, by the size of the messages before; beside it librdkafka fetches ahead, 4 MiB for each partition.
///
/// Options that cannot be, and properties that librdkafka refuses: `InvalidArgument`. A topic that is not there, or brokers that do not
/// answer within `Options::timeout`, fail the start; later, they fail the batch, as does a message that cannot be had.
///
/// ```cpp
/// StreamingContext ssc{{.master = "local[2]"}, 1s};
/// auto words = kafka::createDirectStream(ssc, kafka::subscribe({"words"}), {.brokers = "localhost:9092"}) |
///              map(&kafka::Record::value) | flatMap(split());
/// static_assert(std::is_same_v<decltype(words)::Value, std::string_view>);
/// CHECK(words.slideDuration() == 1s);
/// ```
[[nodiscard]] inline auto createDirectStream(Graph const& graph, Subscription subscription, Options const& options,
                                             CallSite at = CallSite::here())
{
    Label const label{"kafka::createDirectStream", at};
    return detail::pullFrom(
        graph, label, detail::KafkaSource{detail::makeCounted<detail::KafkaDirect>(graph.core(), label, std::move(subscription), options)});
}

/// The ranges of offsets that a batch has, partition by partition: `offsetRanges(batch)`, of a batch right out of a direct stream, as the
/// first operator has it. It lasts as long as the batch.
///
/// ```cpp
/// StreamingContext ssc{{.master = "local[2]"}, 1s};
/// kafka::createDirectStream(ssc, kafka::subscribe({"words"}), {.brokers = "localhost:9092"}) | foreachRDD([](auto batch) {
///     for (kafka::OffsetRange const& range : kafka::offsetRanges(batch)) std::puts(textOf(range).c_str());
/// });
/// CHECK(ssc.getState() == ContextState::initialized);
/// ```
template <class T, class Node>
[[nodiscard]] std::vector<OffsetRange> const& offsetRanges(RDD<T, Node> const& batch)
{
    return positionsOf(batch).ranges;
}

/// Commits where a batch ends to `Options::groupId`, so that a later start of the program goes on there: called behind the outputs of the
/// batch, which come again where it dies between.
///
/// It returns at once. Where two commits are under way, the higher offset wins. done(error), if it is given, is called when the broker has
/// answered, by the thread that asks for batches or stops the context; an empty text says that it is done. Without it the log has an error.
/// A stop waits up to 5 s for answers. No group: `IllegalState`.
///
/// ```cpp
/// StreamingContext ssc{{.master = "local[2]"}, 1s};
/// kafka::createDirectStream(ssc, kafka::subscribe({"words"}), {.brokers = "localhost:9092", .groupId = "counts"}) |
///     foreachRDD([](auto batch) {
///         std::printf("%d\n", static_cast<int>(batch | count()));
///         kafka::commitAsync(batch);
///     });
/// CHECK(ssc.getState() == ContextState::initialized);
/// ```
template <class T, class Node>
void commitAsync(RDD<T, Node> const& batch, Callback<void(std::string const& error)> done = {})
{
    auto const& positions = positionsOf(batch);
    positions.client->commit(positions.ranges, std::move(done));
}

}  // namespace sluice::inline SLUICE_ABI::kafka
