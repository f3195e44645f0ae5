#pragma once

#include <sluice/batch/dead_letter.hpp>
#include <sluice/operators/filter.hpp>
#include <sluice/operators/flat_map.hpp>
#include <sluice/operators/map.hpp>

#include <optional>

// map, filter and flatMap that put records for which their function throws into the dead letters.

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

    template <class R>
    static constexpr bool fits = CallableWith<F const, R const&> && isLetter<T, R>;

    /// give(f's answer), or otherwise() where f threw, and the record is a letter.
    template <class R, class Give, class Otherwise>
    auto call(R const& record, Give&& give, Otherwise&& otherwise) const -> decltype(otherwise())
    {
        try {
            return give(sluice::call(f, record));
        } catch (...) {
            letters.put({T(record), textOf(std::current_exception()), at});
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
        return this->call(record, [](auto&& made) { return U(static_cast<decltype(made)&&>(made)); }, [] { return U{}; });
    }
};
template <class F, class T>
struct TrueOrFalse : Guarded<F, T> {
    template <class R>
        requires(Guarded<F, T>::template fits<R> && answersBool<CallResult<F, R const&>>)
    bool operator()(R const& record) const
    {
        return this->call(record, [](auto&& keep) { return static_cast<bool>(keep); }, [] { return false; });
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
        return this->call(record, [](auto&& range) { return U(static_cast<decltype(range)&&>(range)); }, [] { return U{}; });
    }
};

template <class F, class T, class R>
consteval void requireLetters()
{
    static_assert(isLetter<T, R>, "sluice::deadLetters<T>(context): T must be the type of the records for which f throws: text is a std::string");
}

template <class F, class T>
struct MapGuarded : FlatMap<OneOrNone<F, T>> {
    MapGuarded(F fn, DeadLetters<T> to, CallSite at) : FlatMap<OneOrNone<F, T>>({{static_cast<F&&>(fn), std::move(to), at}}, at)
    {
        this->label.kind = "map";
    }
    template <class Up>
    static consteval void require()
    {
        Map<F>::template require<Up>();
        requireLetters<F, T, std::remove_cvref_t<RecordOf<Up>>>();
    }
};
template <class F, class T>
struct FilterGuarded : Filter<TrueOrFalse<F, T>> {
    FilterGuarded(F fn, DeadLetters<T> to, CallSite at) : Filter<TrueOrFalse<F, T>>({{static_cast<F&&>(fn), std::move(to), at}}, at) {}
    template <class Up>
    static consteval void require()
    {
        Filter<F>::template require<Up>();
        requireLetters<F, T, std::remove_cvref_t<RecordOf<Up>>>();
    }
};
template <class F, class T>
struct FlatMapGuarded : FlatMap<SomeOrNone<F, T>> {
    FlatMapGuarded(F fn, DeadLetters<T> to, CallSite at) : FlatMap<SomeOrNone<F, T>>({{static_cast<F&&>(fn), std::move(to), at}}, at) {}
    template <class Up>
    static consteval void require()
    {
        FlatMap<F>::template require<Up>();
        using R = std::remove_cvref_t<RecordOf<Up>>;
        requireLetters<F, T, R>();
        if constexpr (ExpanderOf<F, R const&>) {
            static_assert(std::is_default_constructible_v<std::remove_cvref_t<CallResult<F, R const&>>>,
                          "sluice::flatMap(f, letters): the range that f returns must be one that can be empty: default-constructible");
        }
    }
};

}  // namespace sluice::inline SLUICE_ABI::detail
