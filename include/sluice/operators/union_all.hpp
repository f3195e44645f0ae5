#pragma once

#include <sluice/operators/union_with.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

struct UnionAllFn : OfSeveral<UnionAllFn> {
    using OfSeveral<UnionAllFn>::operator();

    /// Of streams whose number is known only at run time.
    template <class T>
    [[nodiscard]] DStream<T> operator()(std::vector<DStream<T>> streams, CallSite at = CallSite::here()) const
    {
        Label const label{"unionAll", at};
        requireAllAlike(label, streams);
        auto const graph = streams[0].node().graph();
        graph->requireBuilding(label);
        auto const step = addStepBehind(*graph, label, streams, 0);
        typename UnitedStreams<T>::Parts parts;
        for (auto const& stream : streams) parts.push_back(stream.node().stream());
        return DStream<T>{AnyStream<T>{Counted<AnyStreamBase<T>>{addNode<UnitedStreams<T>>(graph, label, step, parts)}}};
    }

    /// Of streams, or batches, of any expressions: at least one.
    template <class S, class... Ss>
    static auto make(CallSite at, S first, Ss... others)
    {
        static_assert(ofOneKind<S, Ss...>, "sluice: a stream meets streams, a batch meets batches");
        if constexpr (!ofOneKind<S, Ss...>) {
            return Refused{};
        } else if constexpr (!sameRecord<typename S::Value, typename Ss::Value...>) {
            static_assert(sameRecord<typename S::Value, typename Ss::Value...>,
                          "sluice: all of them must hold records of one type: map those of one side");
            return Refused{};
        } else if constexpr (sizeof...(Ss) == 0) {
            return first;
        } else {
            return std::move(first) | together(UnionWith{{"unionAll", at}}, std::move(others)...);
        }
    }
};

}  // namespace detail

/// The records of all streams: `unionAll(a, b, c)`, or `unionAll(streams)` of a `std::vector<DStream<T>>` whose size is
/// known at run time.
///
/// Narrow: partitions are appended, order and duplicates kept. All hold records of one type, belong to one context and
/// have one slide duration (`InvalidArgument`); so is an empty vector. *No RDD* of any of them is a `StreamError`.
///
/// ```cpp
/// IntervalClock clock{1s};
/// std::vector<DStream<int>> streams;
/// RDDQueue<int> queues[3];
/// for (auto& queue : queues) {
///     queue.push({1, 2});
///     streams.push_back(queueStream(clock, queue));
/// }
/// std::int64_t seen = 0;
/// unionAll(streams) | foreachRDD([&](auto batch) { seen += batch | count(); });
/// clock.poll(Time{0s});
/// clock.poll(Time{1s});
/// CHECK(seen == 6);
/// ```
inline constexpr detail::UnionAllFn unionAll{};

}  // namespace sluice::inline SLUICE_ABI
