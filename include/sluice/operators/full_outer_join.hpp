#pragma once

#include <sluice/operators/join.hpp>

namespace sluice::inline SLUICE_ABI {

/// Each value of a key with each value of the same key of another stream or batch; where one of them has none, with
/// nothing: `a | fullOuterJoin(b)`, `a | fullOuterJoin(b, 4)`, `a | fullOuterJoin(b, partitioner)`.
///
/// Wide, for pairs (K, V) and (K, W) whose keys have a common type. Result: pairs (K, (`std::optional<V>`,
/// `std::optional<W>`)) for the keys of either; those of a stand before the others. Partitions, empty batches, *no RDD*
/// and errors as in `join`.
///
/// ```cpp
/// auto const ages = rdd({std::pair{'a', 30}});
/// auto const towns = rdd({std::pair{'c', 2.5}});
/// auto const out = ages | fullOuterJoin(towns) | collect();
/// CHECK(out[0].second == std::pair{std::optional{30}, std::optional<double>{}});
/// CHECK(out[1].second == std::pair{std::optional<int>{}, std::optional{2.5}});
/// ```
inline constexpr detail::MeetingMaker<detail::FullOuterJoin> fullOuterJoin{};

}  // namespace sluice::inline SLUICE_ABI
