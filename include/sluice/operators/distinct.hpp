#pragma once

#include <sluice/operators/detail/by_key.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

/// There is nothing to know of a key but that it is there.
struct There {
    static constexpr bool once = true;
    static constexpr int of(There) { return 1; }

    template <class V>
    using Combined = There;

    template <class V>
    static There create(V const&)
    {
        return {};
    }
    template <class V>
    static void add(There, V const&)
    {
    }
    static void merge(There, There) {}
};

struct Distinct : There {
    static constexpr char const* spelled = "distinct";
};

struct DistinctFn : ByKeyMaker<RecordsByKey, Distinct> {
    template <Partitions P = MaybePartitions>
    [[nodiscard]] auto operator()(P partitions = {}, CallSite at = CallSite::here()) const
    {
        return ByKeyMaker::operator()(std::move(partitions), at) | FromEntries<EachKey<There>>{{"distinct", at}};
    }
};

}  // namespace detail

/// Every record once: `distinct()`, `distinct(4)`, `distinct(partitioner)`.
///
/// Wide, for records T of concept `Key`. Result: the records, each once, in the order of first occurrence; partitions as
/// in `reduceByKey`. An empty batch gives an empty one, *no RDD* stays none.
///
/// ```cpp
/// CHECK((rdd({3, 1, 3, 2, 1}, 2) | distinct() | collect()) == std::vector{3, 1, 2});
/// ```
inline constexpr detail::DistinctFn distinct{};

}  // namespace sluice::inline SLUICE_ABI
