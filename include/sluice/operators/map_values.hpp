#pragma once

#include <sluice/operators/map.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

template <class F, class P>
concept ValueMapperOf = isPair<std::remove_cvref_t<P>> &&
                        MapperOf<F, decltype(std::get<1>(std::declval<P>()))>;

template <class Op, class Next>
struct MapValuesStep {
    Op const* op;
    [[no_unique_address]] Next next;

    template <class R>
    constexpr bool operator()(R&& record)
    {
        using Pair = typename Op::template PairOf<R>;
        return next(Pair(std::get<0>(static_cast<R&&>(record)),
                         callIn(op->label, op->f, std::get<1>(static_cast<R&&>(record)))));
    }
};

template <class F>
struct MapValues : NarrowBase {
    [[no_unique_address]] F f;
    Label label;
    static constexpr bool resumable = true;
    static constexpr bool keepsKeys = true;

    constexpr MapValues(F fn, CallSite at) : f(static_cast<F&&>(fn)), label{"mapValues", at} {}

    template <class R>
    using PairOf = std::pair<typename std::remove_cvref_t<R>::first_type,
                             std::remove_cvref_t<CallResult<F, decltype(std::get<1>(std::declval<R>()))>>>;

    template <class Up>
    using Record = PairOf<RecordOf<Up>>;
    template <class Up>
    static constexpr bool stored = false;
    template <class Up>
    static constexpr bool stable = Map<F>::template stable<Up>;

    template <class Up>
    static constexpr bool accepts = ValueMapperOf<F, RecordOf<Up>>;

    template <class Up>
    static consteval void require()
    {
        using R = RecordOf<Up>;
        if constexpr (!isPair<std::remove_cvref_t<R>>) {
            static_assert(isPair<std::remove_cvref_t<R>>,
                          "sluice::mapValues(f): the records must be pairs of a key and a value");
        } else {
            using V = decltype(std::get<1>(std::declval<R>()));
            static_assert(!onlyMutable<F, V>,
                          "sluice::mapValues(f): f is called as const, by several threads at once: no mutable lambda");
            if constexpr (takesOwnedAlone<F, V>()) {
                static_assert(takes<F, V>,
                              "sluice::mapValues(f): f must take text as std::string_view, not as std::string");
            } else {
                static_assert(takes<F, V>,
                              "sluice::mapValues(f): f must take the value of a pair alone, by value or as const&");
            }
            if constexpr (CallableWith<F const, V>) {
                static_assert(isValue<CallResult<F, V>>, "sluice::mapValues(f): f must return a value");
            }
        }
    }

    template <class Next>
    constexpr auto before(Next next) const
    {
        return MapValuesStep<MapValues, Next>{this, static_cast<Next&&>(next)};
    }
};

struct MapValuesFn : OperatorFnBase {
    template <class F>
    [[nodiscard]] constexpr auto operator()(F f, CallSite at = CallSite::here()) const
    {
        return MapValues<F>{static_cast<F&&>(f), at};
    }
    template <class F, class T>
    [[nodiscard]] auto operator()(F f, DeadLetters<T> letters, CallSite at = CallSite::here()) const
    {
        return MapValuesGuarded<F, T>{static_cast<F&&>(f), std::move(letters), at};
    }
};

}  // namespace detail

/// Turn the value of every pair into another, and keep its key.
///
/// Narrow, for pairs (K, V). f takes a value as const and returns one. Partitions, the order of records and the
/// stream's partitioning by key are kept. An empty batch stays empty, *no RDD* stays none. What f throws fails the
/// batch, as a `StreamError` that names this operator; with `mapValues(f, letters)` its pair goes to the `deadLetters`,
/// and the others on.
///
/// ```cpp
/// auto percent = rdd({std::pair{1, 0.5}}) | mapValues([](double share) { return 100 * share; });
/// CHECK((percent | collect()) == std::vector{std::pair{1, 50.0}});
/// ```
inline constexpr detail::MapValuesFn mapValues{};

}  // namespace sluice::inline SLUICE_ABI
