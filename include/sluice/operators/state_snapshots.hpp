#pragma once

#include <sluice/operators/map_with_state.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

template <class Op, class Up>
struct SnapshotsNode;

/// The states of another node.
template <class Op, class Impl>
struct SnapshotsNode<Op, SharedNode<Impl>> final : StreamNode {
    using Batch = StateBatch<typename Impl::Table>;

    SnapshotsNode(Counted<GraphCore> const& owner, Op const& op, SharedNode<Impl> of) : StreamNode(owner, op.label), up(std::move(of)) {}

    [[nodiscard]] Maybe<Batch> at(Time t) { return up.impl().template batchAt<Batch>(t); }
    [[nodiscard]] Duration slide() const { return up.slide(); }
    void evict(Time) override {}

    SharedNode<Impl> up;
};

template <class Node>
inline constexpr bool isMapWithState = false;
template <class Op, class Up>
inline constexpr bool isMapWithState<SharedNode<MapWithStateNode<Op, Up>>> = true;

/// Behind a node of states, which those it shows are of.
struct BehindStates {
    template <class Node>
    static constexpr bool holds = isMapWithState<Node>;

    template <class Op, class Node>
    static consteval void explain()
    {
        static_assert(holds<Node>, "sluice::stateSnapshots(): must stand directly behind mapWithState, or behind its named(...)");
    }
};

struct StateSnapshots : NodeOpBase, Needs<BehindStates> {
    Label label;

    constexpr explicit StateSnapshots(CallSite at) : label{"stateSnapshots", at} {}

    template <class S>
    static consteval void misplaced()
    {
        static_assert(isDStream<S>, "sluice::stateSnapshots(): must stand behind mapWithState");
    }

    template <class Node>
    auto attach(Node node) const
    {
        return nodeStream<SnapshotsNode>(*this, static_cast<Node&&>(node));
    }
};

}  // namespace detail

/// All keys and their states after each batch: `… | mapWithState(spec) | stateSnapshots()`.
///
/// Over time. Result: pairs (K, S), partitioned by key, in no particular order: a join with them exchanges the other side alone.
/// Nothing is copied while nobody keeps a batch for longer than it lasts. There is a batch at each batch time, empty while there
/// is no state.
///
/// ```cpp
/// auto const last = [](char, std::optional<int> value, State<int>& state) {
///     state.update(value.value_or(0));
///     return true;
/// };
/// auto out = testing::runBatches<std::pair<char, int>>({{{'a', 1}, {'b', 2}}, {{'b', 3}}}, [&](auto in) {
///     return in | mapWithState(StateSpec{last}.numPartitions(1)) | stateSnapshots();
/// });
/// CHECK(out == testing::Batches<std::pair<char, int>>{{{'a', 1}, {'b', 2}}, {{'a', 1}, {'b', 3}}});
/// ```
inline constexpr detail::Maker<detail::StateSnapshots> stateSnapshots{};

}  // namespace sluice::inline SLUICE_ABI
