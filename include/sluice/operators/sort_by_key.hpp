#pragma once

#include <sluice/exchange/sort_exchange.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

template <class Ascending>
struct SortByKey : SortBase<SortByKey<Ascending>, Ascending, FirstOf, need::Pairs> {
    static constexpr char const* spelled = "sortByKey";
    static constexpr bool ofMember = true;
    using SortByKey::SortBase::SortBase;

    template <class R>
    static auto const& key(R const& record)
    {
        return std::get<0>(record);
    }
};

struct SortByKeyFn : OperatorFnBase {
    template <std::convertible_to<bool> Ascending = bool>
    [[nodiscard]] auto operator()(Ascending ascending = true, MaybePartitions partitions = {}, CallSite at = CallSite::here()) const
    {
        return SortByKey<Ascending>{static_cast<bool>(ascending), partitions, at};
    }
};

}  // namespace detail

/// Pairs in the order of their keys: `sortByKey()`, `sortByKey(false)` for falling order, `sortByKey(true, 4)`.
///
/// Wide, for pairs (K, V) whose keys are compared by `<`, with NaN behind all numbers. Result: partition by partition in
/// order, where pairs of one key are all in one partition, and stand there in the order of (partition, position); as many
/// partitions as before, or as are asked for, of about the same size. An empty batch gives empty partitions, *no RDD*
/// stays none.
///
/// ```cpp
/// auto const counts = rdd({std::pair{3, 'a'}, std::pair{1, 'b'}, std::pair{3, 'c'}});
/// CHECK((counts | sortByKey() | collect()) == std::vector{std::pair{1, 'b'}, std::pair{3, 'a'}, std::pair{3, 'c'}});
/// CHECK((counts | sortByKey(false) | collect())[0] == std::pair{3, 'a'});
/// ```
inline constexpr detail::SortByKeyFn sortByKey{};

}  // namespace sluice::inline SLUICE_ABI
