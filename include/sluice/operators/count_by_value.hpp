#pragma once

#include <sluice/operators/count_by_key.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

struct CountByValue : Counting {
    static constexpr char const* spelled = "countByValue";
};

}  // namespace detail

/// How often each record is there: `countByValue()`, `countByValue(4)`, `countByValue(partitioner)`.
///
/// Wide, for records T of concept `Key`. Result: pairs (T, `std::int64_t`), each record once, in the order of first
/// occurrence; partitions as in `reduceByKey`. An empty batch gives an empty one, *no RDD* stays none.
///
/// ```cpp
/// auto const out = rdd({"to"sv, "be"sv, "or"sv, "to"sv}) | countByValue() | collect();
/// CHECK(out == std::vector<std::pair<std::string, std::int64_t>>{{"to", 2}, {"be", 1}, {"or", 1}});
/// ```
inline constexpr detail::ByKeyMaker<detail::RecordsByKey, detail::CountByValue> countByValue{};

}  // namespace sluice::inline SLUICE_ABI
