#pragma once

#include <sluice/batch/rdd.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

/// What several threads may call at once with a record R, and what gives a value.
template <class F, class R>
concept MapperOf = CallableWith<F const, R> && !std::is_void_v<CallResult<F, R>>;

template <class Op, class Next>
struct MapStep {
    Op const* op;
    [[no_unique_address]] Next next;

    template <class R>
    constexpr bool operator()(R&& record)
    {
        return next(callIn(op->label, op->f, static_cast<R&&>(record)));
    }
};

template <class F>
struct Map : NarrowBase {
    [[no_unique_address]] F f;
    Label label;
    static constexpr bool resumable = true;

    constexpr Map(F fn, CallSite at) : f(static_cast<F&&>(fn)), label{"map", at} {}

    template <class Up>
    using Record = CallResult<F, RecordOf<Up>>;

    // A record made here does not lie in the batch, and one that f refers to is f's own affair. What it points to lies
    // there if it is a view into a record that does, or into what such a view shows.
    template <class Up>
    static constexpr bool stored = false;
    template <class Up>
    static constexpr bool stable = Up::stable && (Up::stored || isView<ValueOf<Up>>);

    template <class Up>
    static constexpr bool accepts = MapperOf<F, RecordOf<Up>>;

    template <class Up>
    static consteval void require()
    {
        using R = RecordOf<Up>;
        static_assert(!onlyMutable<F, R>,
                      "sluice::map(f): f is called as const, by several threads at once: no mutable lambda");
        if constexpr (takesOwnedAlone<F, R>()) {
            static_assert(takes<F, R>, "sluice::map(f): f must take text as std::string_view, not as std::string");
        } else {
            static_assert(takes<F, R>, "sluice::map(f): f must take one record, by value or as const&");
        }
        if constexpr (CallableWith<F const, R>) {
            static_assert(isValue<CallResult<F, R>>,
                          "sluice::map(f): f must return a value; to do something with each record is foreachRDD(f)");
        }
    }

    template <class Next>
    constexpr auto before(Next next) const
    {
        return MapStep<Map, Next>{this, static_cast<Next&&>(next)};
    }
};

struct MapFn : OperatorFnBase {
    template <class F>
    [[nodiscard]] constexpr auto operator()(F f, CallSite at = CallSite::here()) const
    {
        return Map<F>{static_cast<F&&>(f), at};
    }
    template <class F, class T>
    [[nodiscard]] auto operator()(F f, DeadLetters<T> letters, CallSite at = CallSite::here()) const
    {
        return MapGuarded<F, T>{static_cast<F&&>(f), std::move(letters), at};
    }
};

}  // namespace detail

/// Turn every record into one other record.
///
/// Narrow. f takes a record, or the members of a pair or tuple, as const, and returns a value; it may be a pointer to
/// a member. Partitions and the order of records are kept. An empty batch stays empty, *no RDD* stays none. What f
/// throws fails the batch, as a `StreamError` that names this operator; with `map(f, letters)` its record goes to the
/// `deadLetters`, and the others on.
///
/// ```cpp
/// auto doubled = rdd({1, 2, 3}) | map([](int x) { return 2 * x; });
/// CHECK((doubled | collect()) == std::vector{2, 4, 6});
/// ```
inline constexpr detail::MapFn map{};

}  // namespace sluice::inline SLUICE_ABI
