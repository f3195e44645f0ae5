#pragma once

#include <sluice/operators/count_by_window.hpp>
#include <sluice/operators/reduce.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

template <class F, class Inv>
struct ReduceByWindow : StreamOpBase {
    F f;
    Inv inverse;
    WindowGrid grid;
    Label label;

    template <class Up>
    static consteval bool fits()
    {
        if constexpr (!Reduce<F>::template accepts<Up>) return false;
        else if constexpr (!canOwn<ValueOf<Up>> || !combinesOwned<F, ValueOf<Up>>) return false;
        else return std::is_same_v<Inv, NoInverse> || combinesOwned<Inv, ValueOf<Up>>;
    }
    template <class Up>
    static constexpr bool accepts = fits<Up>();

    template <class Up>
    static consteval void require()
    {
        using V = ValueOf<Up>;
        constexpr bool constant = !combinesOnlyMutable<F, V, V>;
        static_assert(mayOutlive<V>(),
                      "sluice::reduceByWindow(f, ...): the records must not hold views of a type that the library cannot own: "
                      "map them to a type that owns");
        static_assert(constant, "sluice::reduceByWindow(f, ...): f is called as const, by several threads at once: no mutable lambda");
        static_assert(!canOwn<V> || !constant || Reduce<F>::template accepts<Up>,
                      "sluice::reduceByWindow(f, ...): f must take two records and return one");
        if constexpr (Reduce<F>::template accepts<Up>) {
            static_assert(combinesOwned<F, V>,
                          "sluice::reduceByWindow(f, ...): f must take and return records that own what they show, too: map text to "
                          "std::string first");
            static_assert(std::is_same_v<Inv, NoInverse> || combinesOwned<Inv, V>,
                          "sluice::reduceByWindow(f, inverse, ...): the inverse must take what f has made and one of its records, and "
                          "return what f had made without it");
        }
    }
    template <class S>
    static consteval void misplaced()
    {
        static_assert(isDStream<S>, "sluice::reduceByWindow(f, ...): must stand behind a stream: a batch is of one time");
    }

    template <class Node>
    auto attach(Node node) const
    {
        static_cast<void>(grid.over(label, node.slide()));
        Reduce<F> reduce{f, label.at};
        reduce.label = label;
        auto const step = node.graph()->addStep(Step::node, label, {node.stepId()});
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
        return ReduceByWindow<F, NoInverse>{{}, static_cast<F&&>(f), {}, {window, slide}, {"reduceByWindow", at}};
    }
    template <class F, class Inv>
        requires(!isDuration<Inv>)
    [[nodiscard]] auto operator()(F f, Inv inverse, Length window, std::optional<Length> slide = {},
                                  CallSite at = CallSite::here()) const
    {
        return ReduceByWindow<F, Inv>{
            {}, static_cast<F&&>(f), static_cast<Inv&&>(inverse), {window, slide}, {"reduceByWindow", at}};
    }
};

}  // namespace detail

/// All records of a sliding window combined by f: `reduceByWindow(f, 30s)`, every 10 s `reduceByWindow(f, 30s, 10s)`; with an
/// inverse, where there is one, `reduceByWindow(f, inverse, 30s, 10s)`.
///
/// Over time. f takes two records as const, returns one, must be associative and need not be commutative. Each batch is
/// reduced once, when it comes; then f is called a constant number of times a batch, as in `reduceByKeyAndWindow`. Result: one
/// record a window, owned; no record where the window has none. Durations, early windows, empty batches and *no RDD* as in
/// `window`. What f throws fails the batch; the window is as before then.
///
/// ```cpp
/// auto out = testing::runBatches<int>({{3, 1}, {2}, {}}, [](auto in) {
///     return in | reduceByWindow([](int a, int b) { return std::max(a, b); }, 2s);
/// });
/// CHECK(out == testing::Batches<int>{{3}, {3}, {2}});
/// ```
inline constexpr detail::ReduceByWindowFn reduceByWindow{};

}  // namespace sluice::inline SLUICE_ABI
