#pragma once

#include <sluice/operators/map.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

template <class Op, class Next>
struct KeyByStep {
    Op const* op;
    [[no_unique_address]] Next next;

    template <class R>
    constexpr bool operator()(R&& record)
    {
        using Pair = typename Op::template PairOf<R>;
        decltype(auto) key = callIn(op->label, op->f, std::as_const(record));
        // A key that is a view may look into the record, which then has to stay where it is.
        if constexpr (Op::template ownsKey<R>) {
            return next(Pair(static_cast<decltype(key)&&>(key), static_cast<R&&>(record)));
        } else {
            return next(Pair(static_cast<decltype(key)&&>(key), std::as_const(record)));
        }
    }
};

template <class F>
struct KeyBy : NarrowBase {
    [[no_unique_address]] F f;
    Label label;
    static constexpr bool resumable = true;

    constexpr KeyBy(F fn, CallSite at) : f(static_cast<F&&>(fn)), label{"keyBy", at} {}

    template <class R>
    using KeyOf = std::remove_cvref_t<CallResult<F, std::remove_cvref_t<R> const&>>;
    template <class R>
    static constexpr bool ownsKey = holdOf<KeyOf<R>>() == Hold::owns && !std::is_pointer_v<KeyOf<R>>;
    template <class R>
    using PairOf = std::pair<KeyOf<R>, std::remove_cvref_t<R>>;

    template <class Up>
    using Record = PairOf<RecordOf<Up>>;
    template <class Up>
    static constexpr bool stored = false;
    template <class Up>
    static constexpr bool stable = Up::stable && (ownsKey<RecordOf<Up>> || Map<F>::template stable<Up>);

    template <class R>
    static constexpr bool keepsRecord =
        std::is_constructible_v<std::remove_cvref_t<R>, std::conditional_t<ownsKey<R>, R, std::remove_cvref_t<R> const&>>;

    template <class Up>
    static consteval bool isAccepted()
    {
        if constexpr (!MapperOf<F, ValueOf<Up> const&>) return false;
        else return keepsRecord<RecordOf<Up>>;
    }
    template <class Up>
    static constexpr bool accepts = isAccepted<Up>();

    template <class Up>
    static consteval void require()
    {
        using R = ValueOf<Up> const&;
        static_assert(!onlyMutable<F, R>,
                      "sluice::keyBy(f): f is called as const, by several threads at once: no mutable lambda");
        if constexpr (takesOwnedAlone<F, R>()) {
            static_assert(takes<F, R>, "sluice::keyBy(f): f must take text as std::string_view, not as std::string");
        } else {
            static_assert(takes<F, R>, "sluice::keyBy(f): f must take one record, by value or as const&");
        }
        if constexpr (CallableWith<F const, R>) {
            static_assert(isValue<CallResult<F, R>>, "sluice::keyBy(f): f must return the record's key");
            if constexpr (isValue<CallResult<F, R>>) {
                static_assert(keepsRecord<RecordOf<Up>>,
                              "sluice::keyBy(f): the records must be copyable, or made on the way and their keys no views");
            }
        }
    }

    template <class Next>
    constexpr auto before(Next next) const
    {
        return KeyByStep<KeyBy, Next>{this, static_cast<Next&&>(next)};
    }
};

struct KeyByFn : OperatorFnBase {
    template <class F>
    [[nodiscard]] constexpr auto operator()(F f, CallSite at = CallSite::here()) const
    {
        return KeyBy<F>{static_cast<F&&>(f), at};
    }
    template <class F, class T>
    [[nodiscard]] auto operator()(F f, DeadLetters<T> letters, CallSite at = CallSite::here()) const
    {
        return KeyByGuarded<F, T>{static_cast<F&&>(f), std::move(letters), at};
    }
};

}  // namespace detail

/// Put its key before every record: T becomes the pair (f(T), T).
///
/// Narrow. f takes a record, or the members of a pair or tuple, as const, and returns its key; it may be a pointer to a
/// member. Partitions and the order of records are kept. An empty batch stays empty, *no RDD* stays none. What f throws
/// fails the batch, as a `StreamError` that names this operator; with `keyBy(f, letters)` its record goes to the
/// `deadLetters`, and the others on.
///
/// ```cpp
/// auto byLength = rdd({std::string{"to"}, std::string{"be"}, std::string{"or"}, std::string{"not"}})
///     | keyBy(&std::string::size);
/// CHECK((byLength | map([](std::size_t key, std::string const&) { return key; }) | collect())
///       == std::vector<std::size_t>{2, 2, 2, 3});
/// ```
inline constexpr detail::KeyByFn keyBy{};

}  // namespace sluice::inline SLUICE_ABI
