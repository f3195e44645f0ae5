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
struct CountByValueAndWindow : KeyedWindowOp<RecordsByKey<CountByValue, By>, CountWindow>,
                               RecordsByKey<CountByValue, By>::template And<need::Ownable> {
    static constexpr char const* spelled = "countByValueAndWindow";

    CountByValueAndWindow(By by, WindowGrid grid, CallSite at)
        : CountByValueAndWindow::KeyedWindowOp{{std::move(by), at}, {{}, {}, {}, grid, false, {spelled, at}}}
    {
    }
};

}  // namespace detail

/// How often each record is there in a sliding window: `countByValueAndWindow(30s)`, `countByValueAndWindow(30s, 10s)`, with a
/// number of partitions or a partitioner `countByValueAndWindow(30s, 10s, 4)`.
///
/// Over time, for records T of concept `Key`. Result: pairs (T, `std::int64_t`), owned, of the records that are in the window,
/// partitioned by record. Durations, early windows, empty batches, *no RDD* and checkpoints as in `window`.
///
/// ```cpp
/// auto out = testing::runBatches<char>({{'a', 'a'}, {'a'}, {}}, [](auto in) { return in | countByValueAndWindow(2s); });
/// CHECK(out == testing::Batches<std::pair<char, std::int64_t>>{{{'a', 2}}, {{'a', 3}}, {{'a', 1}}});
/// ```
inline constexpr detail::WindowByKeyMaker<detail::CountByValueAndWindow> countByValueAndWindow{};

}  // namespace sluice::inline SLUICE_ABI
