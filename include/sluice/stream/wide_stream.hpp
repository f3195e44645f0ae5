#pragma once

#include <sluice/batch/stored_batch.hpp>
#include <sluice/stream/memo.hpp>
#include <sluice/stream/once.hpp>
#include <sluice/stream/several.hpp>
#include <sluice/stream/stage.hpp>

namespace sluice::inline SLUICE_ABI::detail {

/// The node of an operator behind one or several streams, for which a Result is made once a batch, however many outputs stand below it.
template <class Result, class Op, class... Ups>
struct OperatorNode : StreamNode {
    OperatorNode(Counted<GraphCore> const& owner, Op op, Ups... upstreams)
        : StreamNode(owner, op.label), ups(std::move(upstreams)...), shared(makeCounted<Box<Op>>(std::move(op)))
    {
        std::apply([this](auto const&... up) { requireAlike(label, up...); }, ups);
    }

    SLUICE_COLD ~OperatorNode() override = default;

    [[nodiscard]] Duration slide() const { return std::get<0>(ups).slide(); }
    SLUICE_COLD void rename(char const* name) override
    {
        label.name = shared->value.label.name = name;
        nameWithin(stepId, std::get<0>(ups), name);
    }
    void evict(Time upTo) override { memo.evict(upTo); }

    std::tuple<Ups...> ups;
    Counted<Box<Op>> shared;  // a batch that is kept needs it for as long
    Memo<Result> memo;

protected:
    /// What fill(result, batches...) makes at t, once; null where there is no batch. Without `mayLack` that is an error of times at which
    /// there should be one.
    template <bool mayLack, class Fill>
    Counted<Result> made(Time t, Fill const& fill)
    {
        if (auto known = memo.find(t)) return known;
        auto const make = [&](auto... batches) { return memo.findOr(t, [&](Result& result) { fill(result, std::move(batches)...); }); };
        if constexpr (mayLack) {
            auto batch = std::get<0>(ups).at(t);
            return batch ? make(*std::move(batch)) : Counted<Result>{};
        } else {
            return std::apply([&](auto const&... up) { return offGridOf(t, up...) ? Counted<Result>{} : make(batchOf(label, up, t)...); },
                              ups);
        }
    }
};

template <class Op, class... Ups>
using ExchangeOf = typename Op::template Exchange<typename Ups::Batch...>;

/// The node of a wide operator.
template <class Op, class... Ups>
struct WideNode final : OperatorNode<ExchangeOf<Op, Ups...>, Op, Ups...> {
    using Batch = typename Op::template Batch<typename Ups::Batch...>;
    using WideNode::OperatorNode::OperatorNode;

    [[nodiscard]] Maybe<Batch> at(Time t)
    {
        constexpr bool mayLack = sizeof...(Ups) == 1;
        auto exchange =
            this->template made<mayLack>(t, [this](auto& fresh, auto... batches) { fresh.plan(this->shared, std::move(batches)...); });
        if (!exchange) return {};
        return Batch{std::move(exchange)};
    }
};

/// One record, or none: the batch of an action in a stream.
template <class T, class Up, class Op>
struct Outcome : RefCounted {
    using Entry = T;

    Maybe<Up> up;
    Counted<Box<Op>> op;
    std::optional<T> value;
    Once once;

    void prepare()
    {
        once.run([this] { value = op->value.runInStream(*up); });
    }
    [[nodiscard]] static constexpr std::size_t partitions() { return 1; }
    [[nodiscard]] bool isEmpty(std::size_t) const { return once.done() && !value; }
    [[nodiscard]] decltype(auto) place() const { return up->place(); }
    template <class Take>
    std::size_t eachSpan(std::size_t, std::size_t from, Take&& take) const
    {
        return value && from == 0 ? take(&*value, 1).count : from;
    }
    void clear()
    {
        up.reset();
        value.reset();
        once.reset();
    }
};

template <class Op, class Up>
using OutcomeOf = Outcome<decltype(std::declval<Op const&>().run(std::declval<typename Up::Batch const&>())), typename Up::Batch, Op>;

/// The node of an action on a stream: its value, as a batch of one record.
template <class Op, class Up>
struct ActionNode final : OperatorNode<OutcomeOf<Op, Up>, Op, Up> {
    using Batch = StoredBatch<OutcomeOf<Op, Up>>;
    using ActionNode::OperatorNode::OperatorNode;

    [[nodiscard]] Maybe<Batch> at(Time t)
    {
        auto outcome = this->template made<Op::onNoRdd>(t, [this](auto& fresh, auto batch) {
            fresh.up.emplace(std::move(batch));
            fresh.op = this->shared;
        });
        if (!outcome) return {};
        return Batch{std::move(outcome)};
    }
};

}  // namespace sluice::inline SLUICE_ABI::detail
