#pragma once

#include <sluice/operators/detail/meeting.hpp>
#include <sluice/operators/transform.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

template <class F>
struct TransformWith : BatchFn<F> {
    template <class... Others>
    using Asks = Needs<TakesBatch<F, Others...>, ReturnsBatch<F, Others...>>;

    template <class... Nodes>
    auto ofStreams(Nodes... nodes) const
    {
        return nodeStream<TransformNode>(BatchFn<F>(*this), std::move(nodes)...);
    }
};

struct TransformWithFn : OperatorFnBase {
    template <class S, class F>
    [[nodiscard]] auto operator()(S other, F f, CallSite at = CallSite::here()) const
    {
        static_assert(isDStream<S>, "sluice::transformWith(other, f): other must be a stream");
        if constexpr (isDStream<S>) return together(TransformWith<F>{{std::move(f), {"transformWith", at}}}, std::move(other));
        else return Refused{};
    }
};

}  // namespace detail

/// Any function from the batches of two streams to a batch: `a | transformWith(b, f)`, f(rdd, other) or
/// f(rdd, other, time), called once for each batch when its jobs are planned.
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
