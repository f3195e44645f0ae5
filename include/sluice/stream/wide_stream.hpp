#pragma once

#include <sluice/batch/stored_batch.hpp>
#include <sluice/stream/memo.hpp>
#include <sluice/stream/once.hpp>
#include <sluice/stream/several.hpp>
#include <sluice/stream/stage.hpp>

namespace sluice::inline SLUICE_ABI::detail {

/// The node of a wide operator behind one or several streams: its exchange is made once a batch, however many outputs
/// stand below it.
template <class Op, class... Ups>
struct WideNode final : StreamNode {
    using Batch = typename Op::template Batch<typename Ups::Batch...>;
    using Exchange = typename Op::template Exchange<typename Ups::Batch...>;

    WideNode(Counted<GraphCore> const& owner, Op op, Ups... upstreams)
        : StreamNode(owner, op.label), ups(static_cast<Ups&&>(upstreams)...), shared(makeCounted<Box<Op>>(static_cast<Op&&>(op)))
    {
        std::apply([this](auto const&... up) { requireAlike(label, up...); }, ups);
    }

    [[nodiscard]] std::optional<Batch> at(Time t)
    {
        if (auto known = memo.find(t)) return Batch{std::move(known)};
        auto const describe = [&](auto... batches) {
            return Batch{memo.findOr(t, [&](Exchange& exchange) { Op::describe(exchange, shared, std::move(batches)...); })};
        };
        if constexpr (sizeof...(Ups) == 1) {
            auto batch = std::get<0>(ups).at(t);
            if (!batch) return std::nullopt;
            return describe(*std::move(batch));
        } else {
            return std::apply(
                [&](auto const&... up) -> std::optional<Batch> {
                    if (offGridOf(t, up...)) return std::nullopt;
                    return describe(batchOf(label, up, t)...);
                },
                ups);
        }
    }

    [[nodiscard]] Duration slide() const { return std::get<0>(ups).slide(); }
    SLUICE_COLD void rename(char const* name) override
    {
        label.name = shared->value.label.name = name;
        nameWithin(stepId, std::get<0>(ups), name);
    }
    void evict(Time upTo) override { memo.evict(upTo); }

    std::tuple<Ups...> ups;
    Counted<Box<Op>> shared;  // a batch that is kept needs it for as long
    Memo<Exchange> memo;
};

/// One record, or none: the batch of an action in a stream.
template <class T, class Up, class Op>
struct Outcome : RefCounted {
    using Entry = T;

    std::optional<Up> up;
    Counted<Box<Op>> op;
    std::optional<T> value;
    Once once;

    void prepare()
    {
        once.run([this] { value = op->value.runInStream(*up); });
    }
    [[nodiscard]] static constexpr std::size_t partitions() { return 1; }
    [[nodiscard]] bool isEmpty(std::size_t) const { return once.done() && !value; }
    [[nodiscard]] EnginePlace place() const { return up->place(); }
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

/// The node of an action on a stream: its value, as a batch of one record.
template <class Op, class Up>
struct ActionNode final : StreamNode {
    using UpBatch = typename Up::Batch;
    using Result = decltype(std::declval<Op const&>().run(std::declval<UpBatch const&>()));
    using Batch = StoredBatch<Outcome<Result, UpBatch, Op>>;

    ActionNode(Counted<GraphCore> const& owner, Op op, Up upstream)
        : StreamNode(owner, op.label), up(static_cast<Up&&>(upstream)), shared(makeCounted<Box<Op>>(static_cast<Op&&>(op)))
    {
    }

    [[nodiscard]] std::optional<Batch> at(Time t)
    {
        if (auto known = memo.find(t)) return Batch{std::move(known)};
        auto batch = up.at(t);
        if (!batch) {
            if constexpr (!Op::onNoRdd) {
                if (!offGrid(t, up)) throw StreamError{label, "there is no RDD of its stream at " + t.toString()};
            }
            return std::nullopt;
        }
        return Batch{memo.findOr(t, [&](auto& outcome) {
            outcome.up.emplace(*std::move(batch));
            outcome.op = shared;
        })};
    }

    [[nodiscard]] Duration slide() const { return up.slide(); }
    SLUICE_COLD void rename(char const* name) override
    {
        label.name = shared->value.label.name = name;
        nameWithin(stepId, up, name);
    }
    void evict(Time upTo) override { memo.evict(upTo); }

    Up up;
    Counted<Box<Op>> shared;
    Memo<Outcome<Result, UpBatch, Op>> memo;
};

}  // namespace sluice::inline SLUICE_ABI::detail
