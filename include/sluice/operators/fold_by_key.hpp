#pragma once

#include <sluice/operators/aggregate_by_key.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

template <class Z>
struct FoldByKey : BeginsWith<Z> {
    static constexpr char const* spelled = "foldByKey";
    using BeginsWith<Z>::BeginsWith;
};

struct FoldByKeyFn : OperatorFnBase {
    template <class Z, class F, Partitions P = MaybePartitions>
    [[nodiscard]] auto operator()(Z zero, F f, P partitions = {}, CallSite at = CallSite::here()) const
    {
        return CombinesByKey{FoldByKey<Z>{std::move(zero)}, f, f, std::move(partitions), at};
    }
};

}  // namespace detail

/// The values of each key combined by f, beginning with zero: `foldByKey(zero, f, partitions)`.
///
/// Wide, for pairs (K, V): f takes (result, value), and two results, as const, and returns a result of the type of zero.
/// It meets a copy of zero once for each key and partition that has it: so zero must be neutral, and f associative.
/// Result: pairs (K, Z), each key once, in the order of first occurrence; partitions as in `reduceByKey`. An empty batch
/// gives an empty one, *no RDD* stays none. What f throws fails the batch, as a `StreamError`.
///
/// ```cpp
/// auto const sums = rdd({std::pair{'a', 1}, std::pair{'b', 2}, std::pair{'a', 3}}) | foldByKey(0L, std::plus{});
/// CHECK((sums | collect()) == std::vector{std::pair{'a', 4L}, std::pair{'b', 2L}});
/// ```
inline constexpr detail::FoldByKeyFn foldByKey{};

}  // namespace sluice::inline SLUICE_ABI
