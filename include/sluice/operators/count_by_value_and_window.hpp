#pragma once

#include <sluice/operators/count_by_value.hpp>
#include <sluice/operators/reduce_by_key_and_window.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

/// Counts come and go.
struct AddCounts {
    std::int64_t operator()(std::int64_t a, std::int64_t b) const noexcept { return a + b; }
};
struct TakeCounts {
    std::int64_t operator()(std::int64_t a, std::int64_t b) const noexcept { return a - b; }
};
using CountWindow = WindowOp<AddCounts, TakeCounts>;

template <class By>
struct CountByValueAndWindow : StreamOpBase {
    CountByValue<By> count;
    CountWindow window;
    Label label;

    CountByValueAndWindow(By by, WindowGrid grid, CallSite at)
        : count(static_cast<By&&>(by), at), window{{}, {}, {}, grid, false, {"countByValueAndWindow", at}}, label(window.label)
    {
        count.label = label;
    }

    template <class Up>
    static constexpr bool accepts = CountByValue<By>::template accepts<Up> && canOwn<ValueOf<Up>>;

    template <class Up>
    static consteval void require()
    {
        using T = ValueOf<Up>;
        static_assert(isHashable<T> && !isPointer<T>,
                      "sluice::countByValueAndWindow(W, S): the records must have a hash (std::hash and == of its own are not used): "
                      "specialise sluice::KeyMembers for their type; of "
                      "a pointer to text make a std::string_view");
        if constexpr (isHashable<T> && !isPointer<T>) {
            static_assert(partitions<By, T>,
                          "sluice::countByValueAndWindow(W, S, partitioner): the partitioner must answer partition(record), and compare "
                          "by ==");
            static_assert(mayMoveAndOutlive<Up, T>(),
                          "sluice::countByValueAndWindow(W, S): the records must be copyable, and must not hold views of a type that the "
                          "library cannot own: map them to a type that owns");
        }
    }
    template <class S>
    static consteval void misplaced()
    {
        static_assert(isDStream<S>, "sluice::countByValueAndWindow(W, S): must stand behind a stream: a batch is of one time");
    }

    template <class Node>
    auto attach(Node node) const
    {
        static_cast<void>(window.grid.over(label, node.slide()));
        auto const step = node.graph()->addStep(Step::node, label, {node.stepId()});
        auto counted = innerStream<WideNode>(step, count, static_cast<Node&&>(node));
        return innerStream<KeyedWindowNode>(step, window, std::move(counted).node());
    }
};

struct CountByValueAndWindowFn : OperatorFnBase {
    template <Partitions P = MaybePartitions>
    [[nodiscard]] auto operator()(Length window, std::optional<Length> slide = {}, P partitions = {},
                                  CallSite at = CallSite::here()) const
    {
        return CountByValueAndWindow<ByOf<P>>{byOf(static_cast<P&&>(partitions), {"countByValueAndWindow", at}), {window, slide}, at};
    }
};

}  // namespace detail

/// How often each record is there in a sliding window: `countByValueAndWindow(30s)`, `countByValueAndWindow(30s, 10s)`, with a
/// number of partitions or a partitioner `countByValueAndWindow(30s, 10s, 4)`.
///
/// Over time, for records T of concept `Key`. Result: pairs (T, `std::int64_t`), owned, of the records that are in the window,
/// partitioned by record. Durations, early windows, empty batches and *no RDD* as in `window`.
///
/// ```cpp
/// auto out = testing::runBatches<char>({{'a', 'a'}, {'a'}, {}}, [](auto in) { return in | countByValueAndWindow(2s); });
/// CHECK(out == testing::Batches<std::pair<char, std::int64_t>>{{{'a', 2}}, {{'a', 3}}, {{'a', 1}}});
/// ```
inline constexpr detail::CountByValueAndWindowFn countByValueAndWindow{};

}  // namespace sluice::inline SLUICE_ABI
