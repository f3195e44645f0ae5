#pragma once

#include <sluice/operators/detail/over_time.hpp>
#include <sluice/operators/group_by_key.hpp>
#include <sluice/operators/window.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

/// Groups of one key, one after another.
template <class By>
struct JoinGroups : CombineBase<JoinGroups<By>>, PairShape {
    By by;
    Label label;

    JoinGroups(By how, Label where) : by(static_cast<By&&>(how)), label(where) {}

    template <class Group>
    using Combined = std::remove_cvref_t<Group>;

    template <class Group>
    static auto create(Group&& group)
    {
        return static_cast<Group&&>(group);
    }
    template <class T>
    static void add(std::vector<T>& group, std::vector<T> const& more)
    {
        if constexpr (std::is_move_assignable_v<T>) {
            group.insert(group.end(), more.begin(), more.end());
        } else {
            for (T const& value : more) group.push_back(value);
        }
    }
    template <class T>
    static void merge(std::vector<T>& group, std::vector<T>&& more)
    {
        add(group, more);
    }

    template <class>
    static constexpr bool accepts = true;
};

template <class By>
struct GroupByKeyAndWindow : StreamOpBase, ValuesByKey<GroupByKey, By>::template And<need::Ownable, need::CopyableValue> {
    static constexpr char const* spelled = "groupByKeyAndWindow";
    ValuesByKey<GroupByKey, By> group;
    WindowGrid grid;
    Label label;

    GroupByKeyAndWindow(By by, WindowGrid over, CallSite at) : group(std::move(by), at), grid(over), label{spelled, at}
    {
        group.label = label;
    }

    template <class Node>
    auto attach(Node node) const
    {
        static_cast<void>(grid.over(label, node.slide()));
        auto const step = node.graph()->addStep(DrawnStep::node, label, {node.stepId()});
        auto grouped = innerStream<WideNode>(step, group, std::move(node));
        auto windowed = innerStream<WindowNode>(step, Window{grid, label}, std::move(grouped).node());
        return innerStream<WideNode>(step, JoinGroups<By>{group.by, label}, std::move(windowed).node());
    }
};

}  // namespace detail

/// The values of each key over a sliding window, side by side: `groupByKeyAndWindow(30s)`, every 10 s
/// `groupByKeyAndWindow(30s, 10s)`, with a number of partitions or a partitioner `groupByKeyAndWindow(30s, 10s, 4)`.
///
/// Over time, for pairs (K, V). Each batch is grouped once, when it comes; the groups of a key meet in the order of batches.
/// Result: pairs (K, `std::vector<V>`), owned, partitioned by key, keys in the order of first occurrence. Durations, early
/// windows, empty batches, *no RDD* and checkpoints as in `window`. Where the values are to be combined, `reduceByKeyAndWindow` keeps one of
/// them for each batch, not all.
///
/// ```cpp
/// auto out = testing::runBatches<std::pair<char, int>>({{{'a', 1}}, {{'a', 2}}}, [](auto in) {
///     return in | groupByKeyAndWindow(2s) | mapValues([](auto const& group) { return static_cast<int>(group.size()); });
/// });
/// CHECK(out == testing::Batches<std::pair<char, int>>{{{'a', 1}}, {{'a', 2}}});
/// ```
inline constexpr detail::WindowByKeyMaker<detail::GroupByKeyAndWindow> groupByKeyAndWindow{};

}  // namespace sluice::inline SLUICE_ABI
