#pragma once

#include <sluice/batch/rdd.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

template <class Batch>
inline constexpr bool hasPositions = requires(Batch const& batch) { batch.positions(); };

}  // namespace detail

/// Where a batch stands in its source, as the source of a `pullStream` told it (`fileStream`: the files, partition by
/// partition). Only of the batches right behind such a source, as the first operator has them: `transform(f)`,
/// `foreachRDD(f)`. It lasts as long as the batch.
///
/// ```cpp
/// struct Evens {
///     auto batch(Time t) { return rdd({2 * t.milliseconds()}); }
///     std::string positions(Time t) const { return "up to " + t.toString(); }
/// };
/// IntervalClock clock{1s};
/// std::string seen;
/// pullStream(clock, Evens{}) | foreachRDD([&](auto batch) { seen = positionsOf(batch); });
/// clock.poll(Time{0s});
/// clock.poll(Time{1s});
/// CHECK(seen == "up to 1000 ms");
/// ```
template <class T, class Node>
[[nodiscard]] auto const& positionsOf(RDD<T, Node> const& batch)
{
    static_assert(detail::hasPositions<Node>,
                  "sluice::positionsOf(batch): batch must come right out of a source that tells positions, without an "
                  "operator between");
    if constexpr (detail::hasPositions<Node>) return batch.node().positions();
    else return batch;
}

}  // namespace sluice::inline SLUICE_ABI
