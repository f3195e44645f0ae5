#pragma once

#include <sluice/operators/count.hpp>
#include <sluice/operators/count_by_value_and_window.hpp>
#include <sluice/operators/fold.hpp>
#include <sluice/operators/map.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

/// How many records a batch has; where there is none, nothing is counted.
struct CountBatch : Count {
    static constexpr bool onNoRdd = true;
    explicit CountBatch(Label const& l) : Count(l.at) { label = l; }
};

/// All batches under one key.
struct OneKey {
    template <class T>
    std::pair<int, T> operator()(T const& value) const
    {
        return {0, value};
    }
};
struct ValueOfKey {
    template <class T>
    T operator()(std::pair<int, T> const& entry) const
    {
        return entry.second;
    }
};

struct SumCounts : Fold<std::int64_t, AddCounts> {
    explicit SumCounts(Label const& l) : Fold(0, AddCounts{}, l.at) { label = l; }
};

struct CountByWindow : StreamOpBase, Needs<> {
    WindowGrid grid;
    Label label;

    constexpr CountByWindow(WindowGrid over, CallSite at) : grid(over), label{"countByWindow", at} {}

    template <class Node>
    auto attach(Node node) const
    {
        static_cast<void>(grid.over(label, node.slide()));
        auto const step = node.graph()->addStep(DrawnStep::node, label, {node.stepId()});
        auto counted = innerStream<ActionNode>(step, CountBatch{label}, static_cast<Node&&>(node));
        Map keyed{OneKey{}, label.at};
        auto windowed = innerStream<KeyedWindowNode>(step, CountWindow{{}, {}, {}, grid, false, label},
                                                     innerStage(step, std::move(counted).node(), std::move(keyed)));
        auto counts = innerStage(step, std::move(windowed).node(), Map{ValueOfKey{}, label.at});
        return innerStream<ActionNode>(step, SumCounts{label}, std::move(counts));
    }
};

}  // namespace detail

/// How many records a sliding window has: `countByWindow(30s)`, every 10 s `countByWindow(30s, 10s)`.
///
/// Over time. Result: one `std::int64_t` a window, 0 where there is nothing. Kept is one number for each batch. Durations, early
/// windows, empty batches, *no RDD* and checkpoints as in `window`.
///
/// ```cpp
/// auto out = testing::runBatches<char>({{}, {'a', 'b'}, {'c'}, {}, {}}, [](auto in) { return in | countByWindow(2s); });
/// CHECK(out == testing::Batches<std::int64_t>{{0}, {2}, {3}, {1}, {0}});
/// ```
inline constexpr detail::WindowMaker<detail::CountByWindow> countByWindow{};

}  // namespace sluice::inline SLUICE_ABI
