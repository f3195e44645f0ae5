#pragma once

#include <sluice/operators/flat_map.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

template <class R>
using PairValueOf = decltype(std::get<1>(std::declval<R>()));

/// The values of a batch of pairs, as what stands before a flatMap.
template <class Up>
struct ValuesBefore {
    using Record = PairValueOf<RecordOf<Up>>;
    static constexpr bool stored = Up::stored;
    static constexpr bool stable = Up::stable;
};

template <class Op, class Next>
struct FlatMapValuesStep {
    Op const* op;
    [[no_unique_address]] Next next;

    template <class R>
    constexpr bool operator()(R&& record)
    {
        auto withKey = [&]<class V>(V&& value) {
            using Pair = typename Op::template PairOf<R>;
            if constexpr (Op::template once<R>) {
                return next(Pair(std::get<0>(static_cast<R&&>(record)), static_cast<V&&>(value)));
            } else {
                return next(Pair(std::get<0>(std::as_const(record)), static_cast<V&&>(value)));
            }
        };
        return expand(*op, std::get<1>(static_cast<R&&>(record)), withKey);
    }
};

template <class F>
struct FlatMapValues : NarrowBase {
    using Function = F;
    [[no_unique_address]] F f;
    Label label;
    static constexpr bool resumable = false;  // as in flatMap
    static constexpr bool keepsKeys = true;

    constexpr FlatMapValues(F fn, CallSite at) : f(static_cast<F&&>(fn)), label{"flatMapValues", at} {}

    template <class R>
    using Expanded = CallResult<F, PairValueOf<R>>;
    template <class R>
    using PairOf = std::pair<std::remove_cv_t<typename std::remove_cvref_t<R>::first_type>,
                             std::remove_cvref_t<ElementOf<Expanded<R>>>>;

    /// Of an optional there is one pair at most, which the key may move into.
    template <class R>
    static constexpr bool once = OptionalOf<std::remove_cvref_t<Expanded<R>>>::value;
    template <class R>
    static constexpr bool keepsKey =
        std::is_constructible_v<typename PairOf<R>::first_type,
                                decltype(std::get<0>(std::declval<std::conditional_t<once<R>, R, std::remove_cvref_t<R> const&>>()))>;

    template <class Up>
    using Record = PairOf<RecordOf<Up>>;
    template <class Up>
    static constexpr bool stored = false;
    template <class Up>
    static constexpr bool stable = Up::stable && FlatMap<F>::template stable<ValuesBefore<Up>>;

    template <class R>
    static consteval bool expands()
    {
        if constexpr (!isPair<std::remove_cvref_t<R>>) return false;
        else return ExpanderOf<F, PairValueOf<R>>;
    }
    template <class Up>
    static consteval bool isAccepted()
    {
        if constexpr (!expands<RecordOf<Up>>()) return false;
        else return keepsKey<RecordOf<Up>>;
    }
    template <class Up>
    static constexpr bool accepts = isAccepted<Up>();

    template <class Up>
    static consteval void require()
    {
        using R = RecordOf<Up>;
        if constexpr (!isPair<std::remove_cvref_t<R>>) {
            static_assert(isPair<std::remove_cvref_t<R>>,
                          "sluice::flatMapValues(f): the records must be pairs of a key and a value");
        } else {
            using V = PairValueOf<R>;
            static_assert(!onlyMutable<F, V>,
                          "sluice::flatMapValues(f): f is called as const, by several threads at once: no mutable lambda");
            if constexpr (takesOwnedAlone<F, V>()) {
                static_assert(takes<F, V>,
                              "sluice::flatMapValues(f): f must take text as std::string_view, not as std::string");
            } else {
                static_assert(takes<F, V>,
                              "sluice::flatMapValues(f): f must take the value of a pair alone, by value or as const&");
            }
            if constexpr (CallableWith<F const, V>) {
                static_assert(isExpansion<CallResult<F, V>>,
                              "sluice::flatMapValues(f): f must return a range of values, or an optional one");
            }
            if constexpr (expands<R>()) {
                static_assert(keepsKey<R>,
                              "sluice::flatMapValues(f): the keys must be copyable, as each may stand before several values");
            }
        }
    }

    template <class Next>
    constexpr auto before(Next next) const
    {
        return FlatMapValuesStep<FlatMapValues, Next>{this, static_cast<Next&&>(next)};
    }
};

struct FlatMapValuesFn : OperatorFnBase {
    template <class F>
    [[nodiscard]] constexpr auto operator()(F f, CallSite at = CallSite::here()) const
    {
        return FlatMapValues<F>{static_cast<F&&>(f), at};
    }
    template <class F, class T>
    [[nodiscard]] auto operator()(F f, DeadLetters<T> letters, CallSite at = CallSite::here()) const
    {
        return FlatMapValuesGuarded<F, T>{static_cast<F&&>(f), std::move(letters), at};
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
inline constexpr detail::FlatMapValuesFn flatMapValues{};

}  // namespace sluice::inline SLUICE_ABI
