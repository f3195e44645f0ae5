#pragma once

#include <sluice/batch/maybe.hpp>
#include <sluice/batch/operator.hpp>
#include <sluice/stream/graph.hpp>

namespace sluice::inline SLUICE_ABI::detail {

/// An operator behind a node that sees whole partitions: a value, as a stage is. Its batches share the operator.
template <class Up, class Op>
class PartwiseStream {
    using Shared = Counted<Box<Op>>;

public:
    using Batch = decltype(Op::on(std::declval<typename Up::Batch>(), std::declval<Shared const&>()));

    PartwiseStream(Up up, Op op)
        : up_(static_cast<Up&&>(up)),
          op_(makeCounted<Box<Op>>(static_cast<Op&&>(op))),
          step_(graph()->addStep(DrawnStep::narrow, label(), {up_.stepId()}))
    {
    }

    [[nodiscard]] Maybe<Batch> at(Time t) const
    {
        auto batch = up_.at(t);
        if (!batch) return {};
        return Op::on(*std::move(batch), op_);
    }

    [[nodiscard]] Counted<GraphCore> const& graph() const { return up_.graph(); }
    [[nodiscard]] Duration slide() const { return up_.slide(); }

    void name(char const* text)
    {
        auto op = op_->value;  // other streams share the unnamed one
        op.label.name = text;
        op_ = makeCounted<Box<Op>>(std::move(op));
        graph()->renameStep(step_, text);
    }
    [[nodiscard]] Label label() const { return op_->value.label; }
    [[nodiscard]] std::size_t stepId() const { return step_; }

private:
    Up up_;
    Shared op_;
    std::size_t step_;
};

}  // namespace sluice::inline SLUICE_ABI::detail
