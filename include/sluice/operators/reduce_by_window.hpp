#pragma once

#include <sluice/operators/count_by_window.hpp>
#include <sluice/operators/reduce.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

template <class F, class Inv>
struct ReduceByWindow : StreamOpBase,
                        Reduce<F>::template And<need::CombinesKept<F, ValueOf, false>, need::TakesBack<Inv, NoInverse, ValueOf>> {
    F f;
    Inv inverse;
    WindowGrid grid;
    Label label;

    ReduceByWindow(F fn, Inv inv, WindowGrid over, CallSite at)
        : f(std::move(fn)), inverse(std::move(inv)), grid(over), label{"reduceByWindow", at}
    {
    }

    template <class Node>
    auto attach(Node node) const
    {
        static_cast<void>(grid.over(label, node.slide()));
        Reduce<F> reduce{f, label.at};
        reduce.label = label;
        auto const step = node.graph()->addStep(DrawnStep::node, label, {node.stepId()});
        auto reduced = innerStream<ActionNode>(step, std::move(reduce), static_cast<Node&&>(node));
        auto windowed = innerStream<KeyedWindowNode>(step, WindowOp<F, Inv>{f, inverse, {}, grid, false, label},
                                                     innerStage(step, std::move(reduced).node(), Map{OneKey{}, label.at}));
        return streamOf(innerStage(step, std::move(windowed).node(), Map{ValueOfKey{}, label.at}));
    }
};

struct ReduceByWindowFn : OperatorFnBase {
    template <class F>
    [[nodiscard]] auto operator()(F f, Length window, std::optional<Length> slide = {}, CallSite at = CallSite::here()) const
    {
        return ReduceByWindow<F, NoInverse>{std::move(f), {}, {window, slide}, at};
    }
    template <class F, class Inv>
        requires(!isDuration<Inv>)
    [[nodiscard]] auto operator()(F f, Inv inverse, Length window, std::optional<Length> slide = {}, CallSite at = CallSite::here()) const
    {
        return ReduceByWindow<F, Inv>{std::move(f), std::move(inverse), {window, slide}, at};
    }
};

}  // namespace detail

/// All records of a sliding window combined by f: `reduceByWindow(f, 30s)`, every 10 s `reduceByWindow(f, 30s, 10s)`; with an
/// inverse, where there is one, `reduceByWindow(f, inverse, 30s, 10s)`.
///
/// Over time. f takes two records as const, returns one, must be associative and need not be commutative. Each batch is
/// reduced once, when it comes; then f is called a constant number of times a batch, as in `reduceByKeyAndWindow`. Result: one
/// record a window, owned; no record where the window has none. Durations, early windows, empty batches, *no RDD* and checkpoints as
/// in `window`. What f throws fails the batch; the window is as before then.
///
/// ```cpp
/// auto out = testing::runBatches<int>({{3, 1}, {2}, {}}, [](auto in) {
///     return in | reduceByWindow([](int a, int b) { return std::max(a, b); }, 2s);
/// });
/// CHECK(out == testing::Batches<int>{{3}, {3}, {2}});
/// ```
inline constexpr detail::ReduceByWindowFn reduceByWindow{};

}  // namespace sluice::inline SLUICE_ABI
