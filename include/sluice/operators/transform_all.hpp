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

    [[nodiscard]] std::optional<Batch> at(Time t)
    {
        if (auto const known = memo.find(t)) return *known->batch;
        if (allOffGrid(t, streams)) return std::nullopt;
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

struct TransformAllFn {
    /// Of streams whose number is known only at run time: f(batches) or f(batches, time), a `std::vector<RDD<T>>`.
    template <class T, class F>
    [[nodiscard]] auto operator()(std::vector<DStream<T>> streams, F f, CallSite at = CallSite::here()) const
    {
        static_assert(BatchFunction<F, std::vector<RDD<T>>>,
                      "sluice::transformAll(streams, f): f must take a std::vector<RDD<T>>, or this and its time, and is called as "
                      "const");
        if constexpr (BatchFunction<F, std::vector<RDD<T>>>) {
            Label const label{"transformAll", at};
            requireAlike(label, streams);
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

    /// Of streams of any expressions, and last the function: `transformAll(a, b, c, f)`. Up to four of them are told with the
    /// place where they are.
    template <class A, class F>
        requires(isDStream<A> && !std::is_same_v<F, CallSite>)
    [[nodiscard]] auto operator()(A a, F f, CallSite at = CallSite::here()) const
    {
        return transformed(at, std::move(a), std::move(f));
    }
    template <class A, class B, class F>
        requires(isDStream<A> && !std::is_same_v<F, CallSite>)
    [[nodiscard]] auto operator()(A a, B b, F f, CallSite at = CallSite::here()) const
    {
        return transformed(at, std::move(a), std::move(b), std::move(f));
    }
    template <class A, class B, class C, class F>
        requires(isDStream<A> && !std::is_same_v<F, CallSite>)
    [[nodiscard]] auto operator()(A a, B b, C c, F f, CallSite at = CallSite::here()) const
    {
        return transformed(at, std::move(a), std::move(b), std::move(c), std::move(f));
    }
    template <class A, class B, class C, class D, class F>
        requires(isDStream<A> && !std::is_same_v<F, CallSite>)
    [[nodiscard]] auto operator()(A a, B b, C c, D d, F f, CallSite at = CallSite::here()) const
    {
        return transformed(at, std::move(a), std::move(b), std::move(c), std::move(d), std::move(f));
    }
    template <class A, class B, class C, class D, class E, class F, class... More>
        requires(isDStream<A> && !std::is_same_v<F, CallSite>)
    [[nodiscard]] auto operator()(A a, B b, C c, D d, E e, F f, More... more) const
    {
        return transformed({}, std::move(a), std::move(b), std::move(c), std::move(d), std::move(e), std::move(f), std::move(more)...);
    }

private:
    template <class S, class... Rest>
    static auto transformed(CallSite at, S first, Rest... rest)
    {
        using All = std::tuple<Rest...>;
        All all{std::move(rest)...};
        return [&]<std::size_t... I>(std::index_sequence<I...>) {
            using F = std::tuple_element_t<sizeof...(Rest) - 1, All>;
            constexpr bool streams = (isDStream<std::tuple_element_t<I, All>> && ...);
            static_assert(streams, "sluice::transformAll(streams..., f): before the function stand streams alone");
            if constexpr (streams) {
                using Op = TransformWith<F, std::remove_cvref_t<decltype(std::declval<std::tuple_element_t<I, All>&>().node())>...>;
                return std::move(first) | Op{std::move(std::get<sizeof...(Rest) - 1>(all)),
                                             {"transformAll", at},
                                             {std::move(std::get<I>(all)).node()...}};
            } else {
                return Refused{};
            }
        }(std::make_index_sequence<sizeof...(Rest) - 1>{});
    }
};

}  // namespace detail

/// Any function from the batches of several streams to a batch: `transformAll(a, b, c, f)` with f(rdd1, rdd2, rdd3) or
/// f(rdd1, rdd2, rdd3, time), or `transformAll(streams, f)` of a `std::vector<DStream<T>>` with f(batches) or
/// f(batches, time).
///
/// Called once for each batch when its jobs are described, as `transform`. All belong to one context and have one slide
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
