#pragma once

#include <sluice/operators/join.hpp>

namespace sluice::inline SLUICE_ABI {

/// Each value of a key with each value of the same key of another stream or batch, or nothing with it where only the
/// other has some: `a | rightOuterJoin(b)`, `a | rightOuterJoin(b, 4)`, `a | rightOuterJoin(b, partitioner)`.
///
/// Wide, for pairs (K, V) and (K, W) whose keys have a common type. Result: pairs (K, (`std::optional<V>`, W)) for the
/// keys of b; keys that a has, too, stand before the others. Partitions, empty batches, *no RDD* and errors as in
/// `join`.
///
/// ```cpp
/// auto const ages = rdd({std::pair{'a', 30}, std::pair{'b', 25}});
/// auto const towns = rdd({std::pair{'c', 2.5}, std::pair{'b', 1.5}});
/// auto const out = ages | rightOuterJoin(towns) | collect();
/// CHECK(out[0] == std::pair{'b', std::pair{std::optional{25}, 1.5}});
/// CHECK(out[1] == std::pair{'c', std::pair{std::optional<int>{}, 2.5}});
/// ```
inline constexpr detail::MeetingMaker<detail::RightOuterJoin> rightOuterJoin{};

}  // namespace sluice::inline SLUICE_ABI
