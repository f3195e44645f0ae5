#pragma once

#include <sluice/operators/transform.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

template <class F, class... Nodes>
struct TransformWith : StreamOpBase {
    F f;
    std::tuple<Nodes...> others;
    Label label;

    TransformWith(F fn, Label where, std::tuple<Nodes...> all) : f(static_cast<F&&>(fn)), others(std::move(all)), label(where) {}

    template <class Up>
    static consteval bool givesBatch()
    {
        if constexpr (!BatchFunction<F, RddOn<Up>, RddOn<typename Nodes::Batch>...>) return false;
        else return isRDD<TransformResult<F, Up, typename Nodes::Batch...>>;
    }
    template <class Up>
    static constexpr bool accepts = givesBatch<Up>();

    template <class Up>
    static consteval void require()
    {
        static_assert(BatchFunction<F, RddOn<Up>, RddOn<typename Nodes::Batch>...> ||
                          !BatchFunction<F&, RddOn<Up>, RddOn<typename Nodes::Batch>...>,
                      "sluice::transformWith(other, f): f is called as const: no mutable lambda");
        static_assert(BatchFunction<F, RddOn<Up>, RddOn<typename Nodes::Batch>...> ||
                          BatchFunction<F&, RddOn<Up>, RddOn<typename Nodes::Batch>...>,
                      "sluice::transformWith(other, f): f must take a batch of each stream, or these and their time: f(rdd, other) "
                      "or f(rdd, other, time)");
        if constexpr (BatchFunction<F, RddOn<Up>, RddOn<typename Nodes::Batch>...>) {
            using Result = TransformResult<F, Up, typename Nodes::Batch...>;  // what was refused has said so
            static_assert(isRDD<Result> || isRefused<Result>, "sluice::transformWith(other, f): f must return a batch");
        }
    }

    template <class S>
    static consteval void misplaced()
    {
        static_assert(isDStream<S>, "sluice::transformWith(other, f): must stand behind a stream; with batches call f itself");
    }

    template <class Node>
    auto attach(Node node) const
    {
        return std::apply(
            [&](auto const&... other) {
                return nodeStream<TransformNode>(BatchFn<F>{f, label}, static_cast<Node&&>(node), other...);
            },
            others);
    }
};

struct TransformWithFn : OperatorFnBase {
    template <class S, class F>
    [[nodiscard]] auto operator()(S other, F f, CallSite at = CallSite::here()) const
    {
        static_assert(isDStream<S>, "sluice::transformWith(other, f): other must be a stream");
        if constexpr (isDStream<S>) {
            using Node = std::remove_cvref_t<decltype(other.node())>;
            return TransformWith<F, Node>{static_cast<F&&>(f), {"transformWith", at}, {std::move(other).node()}};
        } else {
            return Refused{};
        }
    }
};

}  // namespace detail

/// Any function from the batches of two streams to a batch: `a | transformWith(b, f)`, f(rdd, other) or
/// f(rdd, other, time), called once for each batch when its jobs are described.
///
/// On streams only; as `transform` in all else. Both belong to one context and have one slide duration
/// (`InvalidArgument`); *no RDD* of either is a `StreamError`.
///
/// ```cpp
/// auto out = testing::runBatches<int, int>({{1, 2}}, {{3}}, [](auto a, auto b) {
///     return a | transformWith(b, [](auto x, auto y) { return x | unionWith(y) | map([](int i) { return 10 * i; }); });
/// });
/// CHECK(out == testing::Batches<int>{{10, 20, 30}});
/// ```
inline constexpr detail::TransformWithFn transformWith{};

}  // namespace sluice::inline SLUICE_ABI
