#pragma once

#include <sluice/sources/pull_stream.hpp>

namespace sluice::inline SLUICE_ABI {

/// A stream that has the same RDD in every batch: `constantStream(context, batch)`.
///
/// The RDD is any expression; what it computes is computed in each batch, what it exchanges once. Partitions and order:
/// the RDD's. It runs on the context's workers.
///
/// ```cpp
/// IntervalClock clock{1s};
/// int sum = 0;
/// constantStream(clock, rdd({1, 2, 3})) | foreachRDD([&](auto batch) { sum += batch | fold(0, std::plus{}); });
/// clock.poll(Time{0s});
/// clock.poll(Time{2s});
/// CHECK(sum == 12);
/// ```
template <class T, class Node>
[[nodiscard]] auto constantStream(Graph const& graph, RDD<T, Node> batch, CallSite at = CallSite::here())
{
    return detail::pullFrom(graph, {"constantStream", at}, [batch = std::move(batch)](Time) { return batch; });
}

}  // namespace sluice::inline SLUICE_ABI
