#pragma once

#include <sluice/operators/detail/pair_member.hpp>

namespace sluice::inline SLUICE_ABI {

/// The key of every pair, as often as it stands there.
///
/// Narrow, for pairs (K, V). Partitions and the order of records are kept. An empty batch stays empty, *no RDD* stays
/// none.
///
/// ```cpp
/// CHECK((rdd({std::pair{'a', 1}, std::pair{'b', 2}, std::pair{'a', 3}}) | keys() | collect())
///       == std::vector{'a', 'b', 'a'});
/// ```
inline constexpr detail::Maker<detail::PairKeys> keys{};

}  // namespace sluice::inline SLUICE_ABI
