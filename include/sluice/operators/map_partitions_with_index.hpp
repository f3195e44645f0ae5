#pragma once

#include <sluice/operators/map_partitions.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

template <class F>
struct MapPartitionsWithIndex : OverPartitions<F, true> {
    using MapPartitionsWithIndex::OverPartitions::OverPartitions;
};

}  // namespace detail

/// `mapPartitions`, where f is given the number of the partition too, from 0: f(index, rdd).
///
/// Narrow; in all else as `mapPartitions`.
///
/// ```cpp
/// auto numbered = rdd({5, 6, 7}, 2) | mapPartitionsWithIndex([](std::size_t index, auto part) {
///     return part | map([index](int x) { return std::pair{index, x}; });
/// });
/// CHECK((numbered | collect()) == std::vector<std::pair<std::size_t, int>>{{0, 5}, {1, 6}, {1, 7}});
/// ```
inline constexpr detail::OverPartitionsMaker<detail::MapPartitionsWithIndex> mapPartitionsWithIndex{};

}  // namespace sluice::inline SLUICE_ABI
