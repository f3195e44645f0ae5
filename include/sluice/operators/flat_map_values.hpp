#pragma once

#include <sluice/operators/flat_map.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

/// Of an optional there is one pair at most, which the key may move into.
template <class Result>
inline constexpr bool isOnce = OptionalOf<std::remove_cvref_t<Result>>::value;

/// Behind Expands.
template <class F>
struct RepeatsKey {
    template <class Up>
    using From = std::conditional_t<isOnce<CallResult<F, SecondIn<Up>>>, RecordOf<Up>, ConstRecordOf<Up>>;
    template <class Up>
    static constexpr bool holds = std::is_constructible_v<FirstOf<Up>, decltype(std::get<0>(std::declval<From<Up>>()))>;

    template <class Op, class Up>
    static consteval void explain()
    {
        static_assert(holds<Up>, "sluice::flatMapValues(f): the keys must be copyable, as each may stand before several values");
    }
};

template <class F>
struct FlatMapValues : RecordFunction<FlatMapValues<F>, F, PairValue>,
                       Needs<need::Pairs, need::Calls<F, SecondIn>, Expands<F, SecondIn>, RepeatsKey<F>> {
    using FlatMapValues::RecordFunction::RecordFunction;
    static constexpr char const* spelled = "flatMapValues";
    static constexpr bool resumable = false;  // as in flatMap
    static constexpr bool keepsKeys = true;

    template <class R, class Result>
    using Pushed = std::pair<std::remove_cv_t<typename std::remove_cvref_t<R>::first_type>, std::remove_cvref_t<ElementOf<Result>>>;
    template <class Up, class Result>
    static constexpr bool lasts = expandsIntoBatch<Up, SecondIn<Up>, Result>;

    template <class Called, class R, class Next>
    constexpr bool give(Called const& called, R&& record, Next& next) const
    {
        using Result = decltype(called());
        auto withKey = [&]<class V>(V&& value) {
            if constexpr (isOnce<Result>) return next(Pushed<R, Result>(std::get<0>(static_cast<R&&>(record)), static_cast<V&&>(value)));
            else return next(Pushed<R, Result>(std::get<0>(std::as_const(record)), static_cast<V&&>(value)));
        };
        return pushExpansion<Result>(this->label, called(), withKey);
    }
};

}  // namespace detail

/// Turn the value of every pair into none, one or several, each with the pair's key before it.
///
/// Narrow, for pairs (K, V). f takes a value as const and returns a range of values (a container, a view) or a
/// `std::optional`. Partitions, the order of records and the stream's partitioning by key are kept. An empty batch stays
/// empty, *no RDD* stays none. What f throws fails the batch, as a `StreamError` that names this operator; with
/// `flatMapValues(f, letters)` its pair goes to the `deadLetters`, and the others on.
///
/// ```cpp
/// auto places = rdd({std::pair{1, std::string_view{"to be"}}, std::pair{2, std::string_view{"or"}}}) | flatMapValues(split());
/// CHECK((places | collect())
///       == std::vector<std::pair<int, std::string>>{{1, "to"}, {1, "be"}, {2, "or"}});
/// ```
inline constexpr detail::RecordFunctionMaker<detail::FlatMapValues> flatMapValues{};

}  // namespace sluice::inline SLUICE_ABI
