#pragma once

#include <sluice/operators/detail/best.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

template <class Less>
struct Top : BestAction<Less, Reversed<Less>> {
    constexpr Top(std::size_t n, Less less, CallSite at) : BestAction<Less, Reversed<Less>>(n, std::move(less), {"top", at}) {}
};

}  // namespace detail

/// The n greatest records, the greatest one first, as an owning `std::vector`; all of them where there are fewer. Of `top(n)` by
/// `<`, or of plain structs by their members, where NaN stands behind every number; of `top(n, less)` by less. Equal ones stand
/// in the order of the batch. Each partition holds n records at a time, whatever the batch's size.
///
/// Action, on batches only: in a stream use `foreachRDD`. less takes two records as const, returns whether the first is
/// less, and must be a strict weak order; what it throws fails the batch, as a `StreamError`. An empty batch gives an
/// empty vector.
///
/// ```cpp
/// auto const counts = rdd({std::pair{"be"s, 2}, std::pair{"or"s, 1}, std::pair{"to"s, 2}});
/// auto const byCount = [](auto const& a, auto const& b) { return a.second < b.second; };
/// CHECK((counts | top(2, byCount)) == std::vector{std::pair{"be"s, 2}, std::pair{"to"s, 2}});
/// ```
inline constexpr detail::OrderMaker<detail::Top, std::size_t> top{};

}  // namespace sluice::inline SLUICE_ABI
