#pragma once

#include <sluice/stream/any_stream.hpp>
#include <sluice/stream/partwise_stream.hpp>
#include <sluice/stream/wide_stream.hpp>

namespace sluice::inline SLUICE_ABI {

template <class T, class Node>
class DStream;

namespace detail {

template <class T>
inline constexpr bool isDStream = isA<DStream, T>;

/// Whether all are streams, or all batches.
template <class... Ss>
inline constexpr bool ofOneKind = (isDStream<Ss> && ...) || (isRDD<Ss> && ...);

/// The stream over a node: T stands in the template parameter, so that errors show it once.
template <class Node>
auto streamOf(Node node)
{
    return DStream<ValueOf<typename Node::Batch>, Node>{static_cast<Node&&>(node)};
}

/// The stream of a node of its own, Node<Op, Ups...>, behind one or several others. innerStream: drawn as part of that step;
/// nodeStream: as a step of its own.
template <template <class, class...> class Node, class Op, class Up, class... Ups>
auto innerStream(std::size_t step, Op&& op, Up up, Ups... ups)
{
    using Impl = Node<std::remove_cvref_t<Op>, Up, Ups...>;
    Counted<GraphCore> const graph = up.graph();
    auto node = addNode<Impl>(graph, graph, static_cast<Op&&>(op), static_cast<Up&&>(up), static_cast<Ups&&>(ups)...);
    node->stepId = step;
    return streamOf(SharedNode<Impl>{std::move(node)});
}
template <template <class, class...> class Node, class Op, class Up, class... Ups>
auto nodeStream(Op&& op, Up up, Ups... ups)
{
    auto const label = op.label;
    std::size_t const behind[] = {up.stepId(), ups.stepId()...};
    auto stream =
        innerStream<Node>(0, static_cast<Op&&>(op), static_cast<Up&&>(up), static_cast<Ups&&>(ups)...);  // refuses what cannot meet
    auto& node = stream.node().impl();
    node.stepId = node.graph->addStep(DrawnStep::node, label, behind, 1 + sizeof...(Ups), 1);
    return stream;
}

}  // namespace detail

/// A stream of records, cut into batches: for each batch time an RDD, or none.
///
/// T is the record, Node the expression that makes it. `auto`, or `DStream s = …`, keeps the expression, and further
/// operators fuse with it into one loop; `DStream<T>` is *any* stream of T, for members, parameters and borders, at one
/// indirect call per block of records. A stream is a cheap handle: copies are the same stream, and so is one that was moved from. Nothing runs before its
/// context is started; a stream that outlives its context refuses further operators.
///
/// ```cpp
/// IntervalClock clock{1s};
/// RDDQueue<int> queue;
/// DStream doubled = queueStream(clock, queue) | map([](int x) { return 2 * x; });
/// DStream<int> any = doubled;
/// CHECK(any.slideDuration() == 1s);
/// ```
template <class T, class Node = detail::AnyStream<T>>
class [[nodiscard]] DStream {
public:
    using Value = T;

    explicit DStream(Node node) : node_(static_cast<Node&&>(node)) {}
    // Moving copies: also one that was moved from is the same stream.
    DStream(DStream const&) = default;
    DStream& operator=(DStream const&) = default;

    /// Any stream of T: of another record type there is none.
    template <class U, class N>
        requires(std::is_same_v<Node, detail::AnyStream<T>> && !std::is_same_v<Node, N>)
    DStream(DStream<U, N> other)  // NOLINT: implicit, every stream of T is a DStream<T>
        : node_(detail::anyStream<T>(std::move(other).node()))
    {
        static_assert(std::is_same_v<T, U>,
                      "sluice::DStream<T>: any stream of T holds records of exactly T; map the other's records to T first");
    }

    [[nodiscard]] Node const& node() const { return node_; }

    /// How often it has a batch.
    [[nodiscard]] Duration slideDuration() const { return node_.slide(); }

    // What `stream | op` asks for, and calls.
    using Batch = typename Node::Batch;
    template <class Op>
    using Asked = std::conditional_t<std::derived_from<Op, detail::NodeOpBase>, Node, Batch>;
    template <class Op>
    static constexpr bool fits = std::derived_from<Op, detail::NarrowBase> || std::derived_from<Op, detail::PartwiseBase> ||
                                 std::derived_from<Op, detail::WideBase> || std::derived_from<Op, detail::OutputBase> ||
                                 std::derived_from<Op, detail::StreamOpBase> || requires { Op::onNoRdd; };

    template <class Op>
    static auto apply(Node node, Op&& op)
    {
        using O = std::remove_cvref_t<Op>;
        node.graph()->requireBuilding(op.label);
        if constexpr (std::derived_from<O, detail::NarrowBase>) {
            return detail::streamOf(detail::stageOf(static_cast<Node&&>(node), O(static_cast<Op&&>(op))));
        } else if constexpr (std::derived_from<O, detail::PartwiseBase>) {
            return detail::streamOf(detail::PartwiseStream<Node, O>{static_cast<Node&&>(node), static_cast<Op&&>(op)});
        } else if constexpr (std::derived_from<O, detail::WideBase>) {
            return detail::nodeStream<detail::WideNode>(static_cast<Op&&>(op), static_cast<Node&&>(node));
        } else if constexpr (std::derived_from<O, detail::ActionBase>) {
            return detail::nodeStream<detail::ActionNode>(static_cast<Op&&>(op), static_cast<Node&&>(node));
        } else {
            return static_cast<Op&&>(op).attach(static_cast<Node&&>(node));
        }
    }

private:
    Node node_;
};

/// Any stream of T, for function parameters that keep the expression: `void f(DStreamOf<int> auto stream)`.
///
/// ```cpp
/// auto slide = [](DStreamOf<int> auto stream) { return stream.slideDuration(); };
/// IntervalClock clock{1s};
/// RDDQueue<int> queue;
/// CHECK(slide(queueStream(clock, queue)) == 1s);
/// ```
template <class S, class T>
concept DStreamOf = detail::isDStream<S> && std::same_as<typename S::Value, T>;

}  // namespace sluice::inline SLUICE_ABI
