#pragma once

#include <sluice/operators/join.hpp>

namespace sluice::inline SLUICE_ABI {

/// Each value of a key with each value of the same key of another stream or batch, or with nothing where the other has
/// none: `a | leftOuterJoin(b)`, `a | leftOuterJoin(b, 4)`, `a | leftOuterJoin(b, partitioner)`.
///
/// Wide, for pairs (K, V) and (K, W) whose keys have a common type. Result: pairs (K, (V, `std::optional<W>`)) for the
/// keys of a, in the order of first occurrence, for each value of a all those of b. Partitions, empty batches, *no RDD*
/// and errors as in `join`.
///
/// ```cpp
/// auto const ages = rdd({std::pair{'a', 30}, std::pair{'b', 25}});
/// auto const towns = rdd({std::pair{'b', 1.5}, std::pair{'c', 2.5}});
/// auto const out = ages | leftOuterJoin(towns) | collect();
/// CHECK(out[0] == std::pair{'a', std::pair{30, std::optional<double>{}}});
/// CHECK(out[1] == std::pair{'b', std::pair{25, std::optional{1.5}}});
/// ```
inline constexpr detail::MeetingMaker<detail::LeftOuterJoin> leftOuterJoin{};

}  // namespace sluice::inline SLUICE_ABI
