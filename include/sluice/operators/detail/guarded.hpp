#pragma once

#include <sluice/batch/dead_letter.hpp>
#include <sluice/operators/filter.hpp>
#include <sluice/operators/flat_map.hpp>
#include <sluice/operators/flat_map_values.hpp>
#include <sluice/operators/key_by.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/map_values.hpp>

#include <optional>

// Operators that put records for which their function throws into the dead letters: whole records, also where f takes a value.

namespace sluice::inline SLUICE_ABI::detail {

/// Whether a record can become a letter.
template <class T, class R>
inline constexpr bool isLetter = std::is_constructible_v<T, R const&>;

/// A function and its letters.
template <class F, class T>
struct Guarded {
    [[no_unique_address]] F f;
    DeadLetters<T> letters;
    CallSite at;

    template <class R, class A = R>
    static constexpr bool fits = CallableWith<F const, A const&> && isLetter<T, R>;

    /// give(f's answer), or otherwise() where f threw, and the record is a letter. What f takes is the record, or lies in it.
    template <class R, class A, class Give, class Otherwise>
    auto call(R const& record, A const& taken, Give&& give, Otherwise&& otherwise) const -> decltype(otherwise())
    {
        try {
            return give(sluice::detail::call(f, taken));
        } catch (...) {
            letters.put({T(record), errorText(std::current_exception()), at});
        }
        return otherwise();
    }
};

template <class F, class T>
struct OneOrNone : Guarded<F, T> {
    template <class R>
        requires(Guarded<F, T>::template fits<R> && isValue<CallResult<F, R const&>>)
    auto operator()(R const& record) const
    {
        using U = std::optional<std::remove_cvref_t<CallResult<F, R const&>>>;
        return this->call(record, record, [](auto&& made) { return U(static_cast<decltype(made)&&>(made)); }, [] { return U{}; });
    }
};
template <class F, class T>
struct TrueOrFalse : Guarded<F, T> {
    template <class R>
        requires(Guarded<F, T>::template fits<R> && answersBool<CallResult<F, R const&>>)
    bool operator()(R const& record) const
    {
        return this->call(record, record, [](auto&& keep) { return static_cast<bool>(keep); }, [] { return false; });
    }
};
template <class F, class T>
struct SomeOrNone : Guarded<F, T> {
    template <class R>
        requires(Guarded<F, T>::template fits<R> && isExpansion<CallResult<F, R const&>> &&
                 std::is_default_constructible_v<std::remove_cvref_t<CallResult<F, R const&>>>)
    auto operator()(R const& record) const
    {
        using U = std::remove_cvref_t<CallResult<F, R const&>>;
        return this->call(record, record, [](auto&& range) { return U(static_cast<decltype(range)&&>(range)); }, [] { return U{}; });
    }
};
template <class F, class T>
struct PairOrNone : Guarded<F, T> {
    template <class R>
        requires(Guarded<F, T>::template fits<R, typename R::second_type> && ValueMapperOf<F, R const&>)
    auto operator()(R const& record) const
    {
        using U = std::optional<typename MapValues<F>::template PairOf<R const&>>;
        return this->call(record, record.second, [&](auto&& made) { return U(std::in_place, record.first, static_cast<decltype(made)&&>(made)); },
                          [] { return U{}; });
    }
};
template <class F, class T>
struct KeyedOrNone : Guarded<F, T> {
    template <class R>
        requires(Guarded<F, T>::template fits<R> && MapperOf<F, R const&> && std::copy_constructible<R>)
    auto operator()(R const& record) const
    {
        using U = std::optional<typename KeyBy<F>::template PairOf<R>>;
        return this->call(record, record, [&](auto&& key) { return U(std::in_place, static_cast<decltype(key)&&>(key), record); }, [] { return U{}; });
    }
};
template <class F, class T>
struct ValuesOrNone : Guarded<F, T> {
    template <class R>
        requires(Guarded<F, T>::template fits<R, typename R::second_type> && ExpanderOf<F, typename R::second_type const&> &&
                 std::is_default_constructible_v<std::remove_cvref_t<CallResult<F, typename R::second_type const&>>>)
    auto operator()(R const& record) const
    {
        using U = std::remove_cvref_t<CallResult<F, typename R::second_type const&>>;
        return this->call(record, record.second, [](auto&& range) { return U(static_cast<decltype(range)&&>(range)); }, [] { return U{}; });
    }
};

/// Why Plain with letters, which `accepts` says to be refused, is refused behind Up: one sentence.
template <class Plain, class T, class Up, bool accepts>
consteval void requireLetters()
{
    if constexpr (!Plain::template accepts<Up>) {
        if constexpr (requires { Plain::template require<Up>; }) Plain::template require<Up>();
        else Plain::template Broken<Up>::template explain<Plain, Up>();
    } else if constexpr (!isLetter<T, std::remove_cvref_t<RecordOf<Up>>> && !std::is_same_v<T, ValueOf<Up>>) {
        static_assert(isLetter<T, std::remove_cvref_t<RecordOf<Up>>>,
                      "sluice::deadLetters<T>(context): T must be the type of the records for which f throws: text is a std::string");
    } else {
        static_assert(accepts,
                      "sluice::deadLetters<T>(context): f takes a record, or its value, as const&, and what is to be a letter must be "
                      "copyable");
    }
}

/// Plain, as a flatMap that makes nothing of a record for which f throws.
template <class Plain, class OrNone, class T>
struct OrLetter : FlatMap<OrNone> {
    template <class F>
    OrLetter(char const* kind, F&& fn, DeadLetters<T> to, CallSite at) : FlatMap<OrNone>({{static_cast<F&&>(fn), std::move(to), at}}, at)
    {
        this->label.kind = kind;
    }
    template <class Up>
    static consteval void require()
    {
        requireLetters<Plain, T, Up, FlatMap<OrNone>::template accepts<Up>>();
    }
};

template <class F, class T>
struct MapGuarded : OrLetter<Map<F>, OneOrNone<F, T>, T> {
    MapGuarded(F fn, DeadLetters<T> to, CallSite at) : MapGuarded::OrLetter("map", static_cast<F&&>(fn), std::move(to), at) {}
};
template <class F, class T>
struct MapValuesGuarded : OrLetter<MapValues<F>, PairOrNone<F, T>, T> {
    static constexpr bool keepsKeys = true;

    MapValuesGuarded(F fn, DeadLetters<T> to, CallSite at) : MapValuesGuarded::OrLetter("mapValues", static_cast<F&&>(fn), std::move(to), at) {}
};
template <class F, class T>
struct KeyByGuarded : OrLetter<KeyBy<F>, KeyedOrNone<F, T>, T> {
    KeyByGuarded(F fn, DeadLetters<T> to, CallSite at) : KeyByGuarded::OrLetter("keyBy", static_cast<F&&>(fn), std::move(to), at) {}
};
template <class F, class T>
struct FlatMapGuarded : OrLetter<FlatMap<F>, SomeOrNone<F, T>, T> {
    FlatMapGuarded(F fn, DeadLetters<T> to, CallSite at) : FlatMapGuarded::OrLetter("flatMap", static_cast<F&&>(fn), std::move(to), at) {}

    template <class R>
    static consteval bool neverEmpty()
    {
        if constexpr (!ExpanderOf<F, R const&>) return false;
        else return !std::is_default_constructible_v<std::remove_cvref_t<CallResult<F, R const&>>>;
    }
    template <class Up>
    static consteval void require()
    {
        using R = std::remove_cvref_t<RecordOf<Up>>;
        if constexpr (isLetter<T, R> && neverEmpty<R>()) {
            static_assert(!neverEmpty<R>(),
                          "sluice::flatMap(f, letters): the range that f returns must be one that can be empty: default-constructible");
        } else {
            FlatMapGuarded::OrLetter::template require<Up>();
        }
    }
};
template <class F, class T>
struct FilterGuarded : Filter<TrueOrFalse<F, T>> {
    FilterGuarded(F fn, DeadLetters<T> to, CallSite at) : Filter<TrueOrFalse<F, T>>({{static_cast<F&&>(fn), std::move(to), at}}, at) {}
    template <class Up>
    static consteval void require()
    {
        requireLetters<Filter<F>, T, Up, Filter<TrueOrFalse<F, T>>::template accepts<Up>>();
    }
};

/// Up, whose records are looked at where they lie: they may become letters.
template <class Up>
struct LookedAt {
    using Record = std::remove_cvref_t<RecordOf<Up>> const&;
    static constexpr bool stored = Up::stored;
    static constexpr bool stable = Up::stable;
};

template <class Op, class Next>
struct FlatMapValuesGuardedStep {
    Op const* op;
    [[no_unique_address]] Next next;

    template <class R>
    bool operator()(R const& record)
    {
        using Pair = typename Op::Plain::template PairOf<R const&>;
        auto withKey = [&]<class V>(V&& value) { return next(Pair(record.first, static_cast<V&&>(value))); };
        return expand(*op, record, withKey);
    }
};
template <class F, class T>
struct FlatMapValuesGuarded : NarrowBase {
    using Plain = FlatMapValues<F>;
    using Function = ValuesOrNone<F, T>;
    Function f;
    Label label;
    static constexpr bool resumable = false;
    static constexpr bool keepsKeys = true;

    FlatMapValuesGuarded(F fn, DeadLetters<T> to, CallSite at) : f{{static_cast<F&&>(fn), std::move(to), at}}, label{"flatMapValues", at} {}

    template <class Up>
    using Record = typename Plain::template Record<LookedAt<Up>>;
    template <class Up>
    static constexpr bool stored = false;
    template <class Up>
    static constexpr bool stable = Plain::template stable<LookedAt<Up>>;
    template <class Up>
    static constexpr bool accepts = CallableWith<Function const, std::remove_cvref_t<RecordOf<Up>> const&> && Plain::template accepts<LookedAt<Up>>;

    template <class Up>
    static consteval bool neverEmpty()
    {
        if constexpr (!Plain::template accepts<LookedAt<Up>>) return false;
        else return !std::is_default_constructible_v<std::remove_cvref_t<typename Plain::template Expanded<typename LookedAt<Up>::Record>>>;
    }
    template <class Up>
    static consteval void require()
    {
        if constexpr (isLetter<T, std::remove_cvref_t<RecordOf<Up>>> && neverEmpty<Up>()) {
            static_assert(!neverEmpty<Up>(),
                          "sluice::flatMapValues(f, letters): the range that f returns must be one that can be empty: default-constructible");
        } else {
            requireLetters<Plain, T, Up, accepts<Up>>();
        }
    }

    template <class Next>
    auto before(Next next) const
    {
        return FlatMapValuesGuardedStep<FlatMapValuesGuarded, Next>{this, static_cast<Next&&>(next)};
    }
};

}  // namespace sluice::inline SLUICE_ABI::detail
