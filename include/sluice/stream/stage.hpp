#pragma once

#include <sluice/batch/maybe.hpp>
#include <sluice/batch/rdd.hpp>
#include <sluice/stream/graph.hpp>

namespace sluice::inline SLUICE_ABI::detail {

// A stream node (the second parameter of DStream) is a value that has
//
//   Batch                      the expression of its batches
//   at(Time)                   the batch of that time, or nothing: no RDD
//   graph(), slide()           where it belongs, and how often it has a batch
//   label(), name(text)        its last operator, which is given a name
//   stepId()                   the DrawnStep of that

/// An operator may consist of several nodes, which are one DrawnStep: they are named together.
template <class Up>
void nameWithin(std::size_t step, Up up, char const* text)
{
    if (up.stepId() == step) up.name(text);
}

/// A stream node that holds a node of the graph, an Impl, which all streams behind it share.
template <class Impl>
class SharedNode {
public:
    using Batch = typename Impl::Batch;

    explicit SharedNode(Counted<Impl> impl) : impl_(std::move(impl)) {}

    [[nodiscard]] Maybe<Batch> at(Time t) const { return impl_->at(t); }
    [[nodiscard]] Counted<GraphCore> const& graph() const { return impl_->graph; }
    [[nodiscard]] Duration slide() const { return impl_->slide(); }
    void name(char const* text)
    {
        impl_->rename(text);
        graph()->renameStep(stepId(), text);
    }
    [[nodiscard]] Label label() const { return impl_->label; }
    [[nodiscard]] std::size_t stepId() const { return impl_->stepId; }
    [[nodiscard]] Impl& impl() const { return *impl_; }

private:
    Counted<Impl> impl_;
};

/// A batch of a stage: its steps refer to the stage's operators, and it keeps those alive.
template <class Node, class Owner>
struct Kept : Node {
    Owner owner;
    Kept(Node node, Owner o) : Node(static_cast<Node&&>(node)), owner(static_cast<Owner&&>(o)) {}
};

template <class Batch, class... Ops>
struct NestOf {
    using type = Batch;
};
template <class Batch, class Op, class... Rest>
struct NestOf<Batch, Op, Rest...> : NestOf<Narrow<Batch, Op, Borrowed>, Rest...> {};

/// A run of narrow operators behind a node: a value, a tuple of operators that can be looked at while compiling. The
/// operators are made once and shared: batches refer to them, so what functions capture is never copied per batch.
template <class Up, class... Ops>
class Stage {
    using Owner = Counted<Box<boost::hana::tuple<Ops...>>>;
    using Nest = typename NestOf<typename Up::Batch, Ops...>::type;

public:
    using Batch = Kept<Nest, Owner>;

    Stage(Up up, boost::hana::tuple<Ops...> ops, std::size_t step)
        : up_(static_cast<Up&&>(up)), ops_(makeCounted<Box<boost::hana::tuple<Ops...>>>(std::move(ops))), step_(step)
    {
    }

    [[nodiscard]] Maybe<Batch> at(Time t) const
    {
        auto batch = up_.at(t);
        if (!batch) return {};
        return Batch{nest<0>(*std::move(batch)), ops_};
    }

    [[nodiscard]] Counted<GraphCore> const& graph() const { return up_.graph(); }
    [[nodiscard]] Duration slide() const { return up_.slide(); }
    [[nodiscard]] Up const& up() const { return up_; }

    /// This stage with one operator more, which is drawn as that step.
    template <class Op>
    [[nodiscard]] auto with(Op op, std::size_t step) const
    {
        return Stage<Up, Ops..., Op>{up_, joined(ops_->value, boost::hana::tuple<Op>{static_cast<Op&&>(op)}), step};
    }

    void name(char const* text)
    {
        auto ops = ops_->value;  // other streams share the unnamed ones
        boost::hana::at_c<sizeof...(Ops) - 1>(ops).label.name = text;
        ops_ = makeCounted<Box<boost::hana::tuple<Ops...>>>(std::move(ops));
        graph()->renameStep(step_, text);
        nameWithin(step_, up_, text);
    }
    [[nodiscard]] Label label() const { return boost::hana::at_c<sizeof...(Ops) - 1>(ops_->value).label; }
    [[nodiscard]] std::size_t stepId() const { return step_; }

private:
    template <std::size_t I, class Node>
    [[nodiscard]] auto nest(Node node) const
    {
        if constexpr (I == sizeof...(Ops)) {
            return node;
        } else {
            auto const& op = boost::hana::at_c<I>(ops_->value);
            using Op = std::remove_cvref_t<decltype(op)>;
            return nest<I + 1>(Narrow<Node, Op, Borrowed>{static_cast<Node&&>(node), {&op}});
        }
    }

    Up up_;
    Owner ops_;
    std::size_t step_;
};

template <class T>
inline constexpr bool isStage = isA<Stage, T>;

/// An operator behind a node: within its stage, if it is one. innerStage: drawn as part of that step; stageOf: as a step of its own,
/// unless nobody wrote it (isWithin).
template <class Node, class Op>
auto innerStage(std::size_t step, Node node, Op op)
{
    if constexpr (isStage<Node>) return node.with(static_cast<Op&&>(op), step);
    else return Stage<Node, Op>{static_cast<Node&&>(node), boost::hana::tuple<Op>{static_cast<Op&&>(op)}, step};
}
template <class Node, class Op>
auto stageOf(Node node, Op op)
{
    auto const step = isWithin<Op> ? node.stepId() : node.graph()->addStep(DrawnStep::narrow, op.label, {node.stepId()});
    return innerStage(step, static_cast<Node&&>(node), static_cast<Op&&>(op));
}

}  // namespace sluice::inline SLUICE_ABI::detail
