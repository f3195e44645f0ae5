#pragma once

#include <sluice/operators/detail/pair_member.hpp>

namespace sluice::inline SLUICE_ABI {

/// The value of every pair.
///
/// Narrow, for pairs (K, V). Partitions and the order of records are kept. An empty batch stays empty, *no RDD* stays
/// none.
///
/// ```cpp
/// CHECK((rdd({std::pair{'a', 1}, std::pair{'b', 2}}) | values() | collect()) == std::vector{1, 2});
/// ```
inline constexpr detail::Maker<detail::PairValues> values{};

}  // namespace sluice::inline SLUICE_ABI
