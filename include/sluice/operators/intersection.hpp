#pragma once

#include <sluice/operators/subtract.hpp>

namespace sluice::inline SLUICE_ABI {

/// The records that this stream or batch and another one have in common, each once: `a | intersection(b)`,
/// `a | intersection(b, 4)`, `a | intersection(b, partitioner)`.
///
/// Wide, for records T of concept `Key`. Result: in the order of first occurrence in a; partitions as in `reduceByKey`.
/// With an empty batch nothing is common. Streams must belong to one context and have one slide duration
/// (`InvalidArgument`); *no RDD* of either is a `StreamError`.
///
/// ```cpp
/// CHECK((rdd({4, 2, 3, 4}) | intersection(rdd({3, 4, 5})) | collect()) == std::vector{4, 3});
/// ```
inline constexpr detail::MeetingMaker<detail::Intersection> intersection{};

}  // namespace sluice::inline SLUICE_ABI
