#pragma once

#include <sluice/operators/detail/best.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

template <class Less>
struct TakeOrdered : BestAction<Less, Less> {
    constexpr TakeOrdered(std::size_t n, Less less, CallSite at) : BestAction<Less, Less>(n, std::move(less), {"takeOrdered", at}) {}
};

}  // namespace detail

/// The n least records, the least one first, as an owning `std::vector`; all of them where there are fewer. Of `takeOrdered(n)` by
/// `<`, or of plain structs by their members, where NaN stands behind every number; of `takeOrdered(n, less)` by less. Equal ones stand
/// in the order of the batch. Each partition holds n records at a time, whatever the batch's size.
///
/// Action, on batches only: in a stream use `foreachRDD`. less takes two records as const, returns whether the first is
/// less, and must be a strict weak order; what it throws fails the batch, as a `StreamError`. An empty batch gives an
/// empty vector.
///
/// ```cpp
/// CHECK((rdd({5, 1, 4, 2}, 2) | takeOrdered(2)) == std::vector{1, 2});
/// ```
inline constexpr detail::OrderMaker<detail::TakeOrdered, std::size_t> takeOrdered{};

}  // namespace sluice::inline SLUICE_ABI
