#pragma once

#include <sluice/stream/graph.hpp>

namespace sluice::inline SLUICE_ABI::detail {

// What operators over several streams ask of them.

/// They belong to one context and have batches at the same times: `InvalidArgument`.
template <class First, class... Rest>
void requireAlike(Label const& label, First const& first, Rest const&... rest)
{
    [[maybe_unused]] auto const check = [&](auto const& node) {
        if (node.graph() != first.graph()) {
            throw InvalidArgument{concat({where(label), ": the streams belong to different contexts"})};
        }
        if (node.slide() != first.slide()) {
            throw InvalidArgument{concat({where(label), ": the streams have different slide durations: ", toString(first.slide()), " and ",
                                          toString(node.slide())})};
        }
    };
    (check(rest), ...);
}

/// As requireAlike, of a list of streams, which must not be empty.
template <class Streams>
void requireAllAlike(Label const& label, Streams const& streams)
{
    if (streams.empty()) throw InvalidArgument{concat({where(label), ": the list of streams is empty"})};
    for (auto const& stream : streams) requireAlike(label, streams[0].node(), stream.node());
}

/// The step, in drawings, of an operator behind all of a list.
template <class Streams>
SLUICE_COLD std::size_t addStepBehind(GraphCore& graph, Label const& label, Streams const& streams, std::size_t deeper)
{
    List<std::size_t> behind;
    behind.reserve(streams.size());
    for (auto const& stream : streams) behind.push_back(stream.node().stepId());
    return graph.addStep(DrawnStep::node, label, behind.begin(), behind.size(), deeper);
}

/// Whether t is not on the grid of a stream, which has no RDD then.
template <class Node>
bool offGrid(Time t, Node const& node)
{
    auto const slide = node.slide();
    return slide != node.graph()->interval() && !node.graph()->isValid(t, slide);
}

/// Whether streams that slide alike have no batch at t. They are asked for one nevertheless: what lasts below takes part in every batch.
template <class First, class... Rest>
bool offGridOf(Time t, First const& first, Rest const&... rest)
{
    if (!offGrid(t, first)) return false;
    static_cast<void>(first.at(t));
    (static_cast<void>(rest.at(t)), ...);
    return true;
}

/// As offGridOf, of a list of streams.
template <class Streams>
bool allOffGrid(Time t, Streams const& streams)
{
    if (!offGrid(t, streams[0].node())) return false;
    for (auto const& stream : streams) static_cast<void>(stream.node().at(t));
    return true;
}

[[noreturn]] SLUICE_COLD inline void failWithoutRdd(Label const& label, Label const& stream, Time t)
{
    throw StreamError{label, concat({"there is no RDD of ", where(stream), " at ", t.toString()})};
}

/// The batch of one of them; no RDD is an error.
template <class Node>
auto batchOf(Label const& label, Node const& node, Time t)
{
    auto batch = node.at(t);
    if (!batch) failWithoutRdd(label, node.label(), t);
    return *std::move(batch);
}

}  // namespace sluice::inline SLUICE_ABI::detail
