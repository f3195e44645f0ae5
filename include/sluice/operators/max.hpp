#pragma once

#include <sluice/operators/detail/order.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

template <class Less>
struct Max : ForemostAction<Max<Less>, Less, Reversed<Less>> {
    using ForemostAction<Max, Less, Reversed<Less>>::ForemostAction;
    static constexpr char const* spelled = "max";
    static constexpr char const* ifEmpty = "sluice::max(): the batch is empty";
};

}  // namespace detail

/// The greatest record: of `max()` by `<`, or of plain structs by their members, where NaN stands behind every number; of
/// `max(less)` by less. Of equal ones it is the first. It is owned, so that it may outlive the batch: text comes as `std::string`.
///
/// Action. less takes two records as const, returns whether the first is less, and must be a strict weak order. A batch
/// without records: `InvalidArgument`. In a stream: a stream of one record a batch, in one partition; an empty batch
/// gives no record, *no RDD* stays none. What less throws fails the batch, as a `StreamError`.
///
/// ```cpp
/// CHECK((rdd({2, 3, 1}) | max()) == 3);
/// CHECK((rdd({"to"s, "not"s, "or"s}) | max([](auto const& a, auto const& b) { return a.size() < b.size(); })) == "not");
/// ```
inline constexpr detail::OrderMaker<detail::Max> max{};

}  // namespace sluice::inline SLUICE_ABI
