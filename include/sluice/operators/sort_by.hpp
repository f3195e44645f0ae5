#pragma once

#include <sluice/exchange/sort_exchange.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

template <class F, class Ascending>
struct SortBy : SortBase<SortBy<F, Ascending>, Ascending, KeyMadeBy<F>::template In, need::Calls<F, ConstRecordOf>,
                         need::ReturnsValue<F, ConstRecordOf>> {
    static constexpr char const* spelled = "sortBy";
    static constexpr bool ofMember = false;
    [[no_unique_address]] F f;

    SortBy(F fn, bool up, MaybePartitions n, CallSite at) : SortBy::SortBase(up, n, at), f(std::move(fn)) {}

    template <class R>
    decltype(auto) key(R const& record) const
    {
        return callIn(this->label, f, record);
    }
};

struct SortByFn : OperatorFnBase {
    template <class F, std::convertible_to<bool> Ascending = bool>
    [[nodiscard]] auto operator()(F f, Ascending ascending = true, MaybePartitions partitions = {}, CallSite at = CallSite::here()) const
    {
        return SortBy<F, Ascending>{std::move(f), static_cast<bool>(ascending), partitions, at};
    }
};

}  // namespace detail

/// The records in the order of f(record): `sortBy(f)`, `sortBy(f, false)` for falling order, `sortBy(f, true, 4)`.
///
/// Wide. f takes a record as const, is called once for each, and returns what is compared by `<`, with NaN behind all
/// numbers. Result: partition by partition in order, where records that f makes equal are all in one partition, and
/// stand there in the order of (partition, position), rising or falling; as many partitions as before, or as are asked
/// for, of about the same size. An empty batch gives empty partitions, *no RDD* stays none. What f or a comparison throws
/// fails the batch, as a `StreamError`.
///
/// ```cpp
/// auto const words = rdd({"to"sv, "be"sv, "or"sv, "not"sv, "to"sv}, 2);
/// CHECK((words | sortBy([](auto word) { return word; }) | collect()) ==
///       std::vector<std::string>{"be", "not", "or", "to", "to"});
/// CHECK((words | sortBy(&std::string_view::size, false) | collect())[0] == "not");
/// ```
inline constexpr detail::SortByFn sortBy{};

}  // namespace sluice::inline SLUICE_ABI
