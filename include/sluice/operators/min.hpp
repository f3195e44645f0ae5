#pragma once

#include <sluice/operators/detail/order.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

template <class Less>
struct Min : ForemostAction<Min<Less>, Less, Less> {
    using ForemostAction<Min, Less, Less>::ForemostAction;
    static constexpr char const* spelled = "min";
    static constexpr char const* ifEmpty = "sluice::min(): the batch is empty";
};

}  // namespace detail

/// The least record: of `min()` by `<`, or of plain structs by their members, where NaN stands behind every number; of
/// `min(less)` by less. Of equal ones it is the first. It is owned, so that it may outlive the batch: text comes as `std::string`.
///
/// Action. less takes two records as const, returns whether the first is less, and must be a strict weak order. A batch
/// without records: `InvalidArgument`. In a stream: a stream of one record a batch, in one partition; an empty batch
/// gives no record, *no RDD* stays none. What less throws fails the batch, as a `StreamError`.
///
/// ```cpp
/// CHECK((rdd({2, 1, 3}) | min()) == 1);
/// CHECK((rdd({"to"s, "be"s, "o"s}) | min([](auto const& a, auto const& b) { return a.size() < b.size(); })) == "o");
/// ```
inline constexpr detail::OrderMaker<detail::Min> min{};

}  // namespace sluice::inline SLUICE_ABI
