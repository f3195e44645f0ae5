#pragma once

#include <sluice/stream/config.hpp>
#include <sluice/stream/dstream.hpp>

#include <optional>
#include <vector>

namespace sluice::inline SLUICE_ABI {

namespace detail {

SLUICE_COLD inline void warnOfFloor(GraphCore const& graph, Label const& label, Time from, Time to, Duration slide)
{
    graph.log({LogLevel::warning,
               label,
               {},
               concat({"from ", from.toString(), " to ", to.toString(), " is floored to multiples of ", toString(slide)})});
}

SLUICE_COLD inline void warnOfLost(GraphCore const& graph, Label const& label, Time from, Time to)
{
    graph.log({LogLevel::warning,
               label,
               {},
               concat({"the batches from ", from.toString(), " to ", to.toString(),
                       " are left out: they were those of the process before, and no cache outlasts it; a window does, with a name and "
                       "checkpoint() behind it"})});
}

/// The turn of one that slices. Within the planning of a batch what becomes due by it is updated with that batch; elsewhere nobody
/// else does it.
class SliceTurn {
public:
    explicit SliceTurn(GraphCore& graph) : graph_(graph), turn_(graph) {}
    SliceTurn(SliceTurn const&) = delete;
    SliceTurn& operator=(SliceTurn const&) = delete;
    SLUICE_COLD ~SliceTurn()  // with something due only where something was thrown
    {
        if (turn_.outermost()) graph_.abandonDue();
    }

    SLUICE_COLD void update()
    {
        if (turn_.outermost()) graph_.updateAllDue();
    }

private:
    GraphCore& graph_;
    GraphCore::Turn turn_;
};

}  // namespace detail

/// The batches of a stream from one time to another, both included, in order: `slice(stream, from, to)`.
///
/// Times are floored to the times at which the stream has batches, and the log is told where that changes them; those not after
/// the start of the context, and those without an RDD, are left out; where these were batches of the process before, as a `checkpoint` goes on
/// from, the log is told. A batch that was forgotten is computed anew, as far as its
/// inputs are remembered (`StreamingContext::remember`). From any thread: one that is not the batch's own waits while a batch is
/// planned and states are brought up to it. Times that are not reached yet are computed up to the first without an RDD; behind a
/// window or a state, which they would move, that is an `IllegalState`, and so is a context that is gone. Before the start:
/// `StreamError`. `slice(stream, Interval{from, to})` is the same.
///
/// ```cpp
/// IntervalClock clock{1s};
/// RDDQueue<int> queue;
/// auto const numbers = queueStream(clock, queue);
/// std::size_t batches = 0;
/// numbers | foreachRDD([&](auto const&, Time t) { batches = slice(numbers, t - 1s, t).size(); });
/// clock.poll(Time{0s});
/// clock.poll(Time{1s});
/// CHECK(batches == 1);
/// ```
template <class T, class Node>
[[nodiscard]] std::vector<RDD<T, typename Node::Batch>> slice(DStream<T, Node> const& stream, Time from, Time to,
                                                              CallSite at = CallSite::here())
{
    auto const& graph = *stream.node().graph();
    if (graph.phase() == detail::GraphCore::Phase::gone) {
        throw IllegalState{
            detail::concat({detail::where({"slice", at}), ": the ", graph.names().noun, " of this stream no longer exists"})};
    }
    if (!graph.wasStarted()) {
        throw StreamError{Label{"slice", at}, detail::concat({"the ", graph.names().noun, " has not been started"})};
    }
    auto const slide = stream.slideDuration();
    auto const floored = [&](Time t) {
        auto const since = t - graph.zero();
        return graph.zero() + (since < Duration{0} ? Duration{0} : since - since % slide);
    };
    bool const forEver = to == Time{Duration::max()};
    if (floored(from) != from || (floored(to) != to && !forEver)) {
        detail::warnOfFloor(graph, {"slice", at}, from, to, slide);
    }
    std::vector<RDD<T, typename Node::Batch>> batches;
    auto const last = floored(to);
    std::optional<Interval> lost;  // with the process before
    detail::SliceTurn turn{*stream.node().graph()};
    for (Time t = floored(from); t <= last; t = t + slide) {
        if (!graph.isValid(t, slide)) continue;
        auto batch = stream.node().at(t);
        turn.update();
        if (batch) batches.push_back(detail::rddOf(*std::move(batch)));
        else if (t > graph.reached()) break;
        else if (t < graph.first()) lost = Interval{lost ? lost->beginTime : t, t};
        if (last - t < slide) break;  // the last of all times has none behind it
    }
    if (lost) detail::warnOfLost(graph, {"slice", at}, lost->beginTime, lost->endTime);
    return batches;
}

template <class T, class Node>
[[nodiscard]] auto slice(DStream<T, Node> const& stream, Interval interval, CallSite at = CallSite::here())
{
    return slice(stream, interval.beginTime, interval.endTime, at);
}

}  // namespace sluice::inline SLUICE_ABI
