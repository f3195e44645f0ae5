#pragma once

#include <sluice/operators/transform_with.hpp>
#include <sluice/operators/union_all.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

template <class F, class T>
struct TransformAllNode final : StreamNode {
    using Batches = std::vector<RDD<T>>;
    using Result = std::remove_cvref_t<decltype(callBatch(Time{}, std::declval<F const&>(), Batches{}))>;
    using Batch = BatchOfResult<Result>;

    TransformAllNode(Counted<GraphCore> const& owner, BatchFn<F> function, std::vector<DStream<T>> all)
        : StreamNode(owner, function.label), f(static_cast<F&&>(function.f)), streams(std::move(all))
    {
    }

    [[nodiscard]] Maybe<Batch> at(Time t)
    {
        if (auto const known = memo.find(t)) return *known->batch;
        if (allOffGrid(t, streams)) return {};
        Batches batches;
        for (auto const& stream : streams) batches.push_back(RDD<T>{batchOf(label, stream.node(), t)});
        return *memo.findOr(t, [&](Made<Batch>& slot) { slot.make(*this, t, f, std::move(batches)); })->batch;
    }

    [[nodiscard]] Duration slide() const { return streams[0].slideDuration(); }
    void evict(Time upTo) override { memo.evict(upTo); }

    F f;
    std::vector<DStream<T>> streams;
    Memo<Made<Batch>> memo;
};

struct TransformAllFn : OfSeveral<TransformAllFn> {
    using OfSeveral<TransformAllFn>::operator();

    /// Of streams whose number is known only at run time: f(batches) or f(batches, time), a `std::vector<RDD<T>>`.
    template <class T, class F>
    [[nodiscard]] auto operator()(std::vector<DStream<T>> streams, F f, CallSite at = CallSite::here()) const
    {
        static_assert(BatchFunction<F, std::vector<RDD<T>>>,
                      "sluice::transformAll(streams, f): f must take a std::vector<RDD<T>>, or this and its time, and is called as "
                      "const");
        if constexpr (BatchFunction<F, std::vector<RDD<T>>>) {
            Label const label{"transformAll", at};
            requireAllAlike(label, streams);
            auto const graph = streams[0].node().graph();
            graph->requireBuilding(label);
            using Node = TransformAllNode<F, T>;
            auto const step = addStepBehind(*graph, label, streams, 1);
            auto node = addNode<Node>(graph, graph, BatchFn<F>{static_cast<F&&>(f), label}, std::move(streams));
            node->stepId = step;
            return streamOf(SharedNode<Node>{std::move(node)});
        } else {
            return Refused{};
        }
    }

    /// Of streams of any expressions, and last the function: `transformAll(a, b, c, f)`.
    template <class... Args>
    static auto make(CallSite at, Args... all)
    {
        constexpr bool streams =
            sizeof...(Args) > 1 && sizeof...(Args) == 1 + (std::size_t{0} + ... + isDStream<Args>) && !isDStream<LastArgument<Args...>>;
        static_assert(streams, "sluice::transformAll(streams..., f): before the function stand streams alone");
        if constexpr (streams) {
            return withLastFirst(
                [at](auto& f, auto& first, auto&... others) {
                    return std::move(first) |
                           together(TransformWith<LastArgument<Args...>>{{std::move(f), {"transformAll", at}}}, std::move(others)...);
                },
                all...);
        } else {
            return Refused{};
        }
    }
};

}  // namespace detail

/// Any function from the batches of several streams to a batch: `transformAll(a, b, c, f)` with f(rdd1, rdd2, rdd3) or
/// f(rdd1, rdd2, rdd3, time), or `transformAll(streams, f)` of a `std::vector<DStream<T>>` with f(batches) or
/// f(batches, time).
///
/// Called once for each batch when its jobs are planned, as `transform`. All belong to one context and have one slide
/// duration (`InvalidArgument`); so is an empty vector. *No RDD* of any of them is a `StreamError`.
///
/// ```cpp
/// auto out = testing::runBatches<int, int>({{1, 2}}, {{3}}, [](auto a, auto b) {
///     return transformAll(a, b, a, [](auto x, auto y, auto z) { return x | unionWith(y, z); });
/// });
/// CHECK(out == testing::Batches<int>{{1, 2, 3, 1, 2}});
/// ```
inline constexpr detail::TransformAllFn transformAll{};

}  // namespace sluice::inline SLUICE_ABI
