#pragma once

#include <sluice/batch/owned.hpp>
#include <sluice/state/state.hpp>
#include <sluice/stream/time.hpp>

#include <concepts>
#include <optional>
#include <tuple>
#include <vector>

// How the functions of states are called, mapWithState's and updateStateByKey's, and of what type their state is.

namespace sluice::inline SLUICE_ABI::detail {

template <class... A>
struct LastOf {
    using type = void;
};
template <class A>
struct LastOf<A> {
    using type = A;
};
template <class A, class B, class... Rest>
struct LastOf<A, B, Rest...> : LastOf<B, Rest...> {};

/// The type of the last parameter of a function; void where it is not to be seen, as in a generic lambda.
template <class F>
struct LastParameter {
    using type = void;
};
template <class R, class... A>
struct LastParameter<R (*)(A...)> : LastOf<A...> {};
template <class R, class... A>
struct LastParameter<R (*)(A...) noexcept> : LastOf<A...> {};
template <class R, class C, class... A>
struct LastParameter<R (C::*)(A...)> : LastOf<A...> {  // mutable: refused where it is told why
};
template <class R, class C, class... A>
struct LastParameter<R (C::*)(A...) const> : LastOf<A...> {};
template <class R, class C, class... A>
struct LastParameter<R (C::*)(A...) const noexcept> : LastOf<A...> {};
template <class F>
    requires requires { &F::operator(); }
struct LastParameter<F> : LastParameter<decltype(&F::operator())> {};

/// The type of a state: the last parameter of a function, if that is a State<S>&.
template <class F>
using StateOf = typename ReferredOf<State, typename LastParameter<F>::type>::type;

/// How the function of a state is called: not at all; with the value as it comes, or owned; with the time before these, or without.
enum class StateForm { none, plain, owned, timed, timedOwned };

template <class F, class K, class V, class S>
consteval StateForm stateFormOf()
{
    if constexpr (requires(F& f, K const& k, std::optional<V> v, State<S>& s) { f(k, std::move(v), s); }) return StateForm::plain;
    else if constexpr (requires(F& f, K const& k, std::optional<Owned<V>> v, State<S>& s) { f(k, std::move(v), s); })
        return StateForm::owned;
    else if constexpr (requires(F& f, K const& k, std::optional<V> v, State<S>& s) { f(Time{}, k, std::move(v), s); })
        return StateForm::timed;
    else if constexpr (requires(F& f, K const& k, std::optional<Owned<V>> v, State<S>& s) { f(Time{}, k, std::move(v), s); })
        return StateForm::timedOwned;
    else return StateForm::none;
}

/// Calls it so. `value` is null where the key times out.
template <StateForm form, class F, class K, class V, class S>
decltype(auto) callState(F const& f, [[maybe_unused]] Time t, K const& key, V const* value, State<S>& state)
{
    using X = std::conditional_t<form == StateForm::owned || form == StateForm::timedOwned, Owned<V>, V>;
    std::optional<X> given;
    if (value != nullptr) given.emplace(X(*value));
    if constexpr (form == StateForm::plain || form == StateForm::owned) return f(key, std::move(given), state);
    else return f(t, key, std::move(given), state);
}

/// What it returns, as a type_identity.
template <StateForm form, class F, class K, class V, class S>
consteval auto stateResultOf()
{
    if constexpr (form == StateForm::none) {
        return std::type_identity<void>{};
    } else {
        return std::type_identity<std::remove_cvref_t<decltype(callState<form>(std::declval<F const&>(), Time{}, std::declval<K const&>(),
                                                                               std::declval<V const*>(), std::declval<State<S>&>()))>>{};
    }
}

/// As StateOf, where the last parameter is an optional, or rows of such.
template <class T>
struct UpdateArgument {
    using type = void;
};
template <class S>
struct UpdateArgument<std::optional<S>> {
    using type = S;
};
template <class K, class Values, class S>
struct UpdateArgument<std::vector<std::tuple<K, Values, std::optional<S>>>> {
    using type = S;
};
template <class F>
using UpdateStateOf = typename UpdateArgument<std::remove_cvref_t<typename LastParameter<F>::type>>::type;

/// How an update function is called: not at all; with values and state; with time and key as well; with all rows of a partition.
enum class UpdateForm { none, plain, timed, rows };

template <class K, class V, class S>
using UpdateRows = std::vector<std::tuple<K, std::vector<V>, std::optional<S>>>;

template <class F, class K, class V, class S>
consteval UpdateForm updateFormOf()
{
    using Values = std::vector<V> const&;
    if constexpr (requires(F& f, Values v, std::optional<S> s) {
                      { f(v, std::move(s)) } -> std::convertible_to<std::optional<S>>;
                  }) {
        return UpdateForm::plain;
    } else if constexpr (requires(F& f, K const& k, Values v, std::optional<S> s) {
                             { f(Time{}, k, v, std::move(s)) } -> std::convertible_to<std::optional<S>>;
                         }) {
        return UpdateForm::timed;
    } else if constexpr (requires(F& f, UpdateRows<K, V, S> rows) {
                             f(std::move(rows)).begin()->first;
                             f(std::move(rows)).begin()->second;
                         }) {
        return UpdateForm::rows;
    } else {
        return UpdateForm::none;
    }
}

/// Whether what updates a state may throw.
template <class F, class K, class V, class S>
consteval bool updateThrows()
{
    constexpr auto form = updateFormOf<F, K, V, S>();
    if constexpr (form == UpdateForm::plain) return !std::is_nothrow_invocable_v<F&, std::vector<V> const&, std::optional<S>>;
    else if constexpr (form == UpdateForm::timed)
        return !std::is_nothrow_invocable_v<F&, Time, K const&, std::vector<V> const&, std::optional<S>>;
    else return true;
}

}  // namespace sluice::inline SLUICE_ABI::detail
