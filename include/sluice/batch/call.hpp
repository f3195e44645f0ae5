#pragma once

#include <sluice/batch/error.hpp>

#include <concepts>
#include <cstddef>
#include <tuple>
#include <type_traits>
#include <utility>

namespace sluice::inline SLUICE_ABI {

/// Exactly what an expression pushes: a reference where it hands on what is stored, a value where it makes one.
///
/// ```cpp
/// auto const one = rdd({1, 2});
/// static_assert(std::is_same_v<RecordOf<decltype(one.node())>, int const&>);
/// CHECK((one | count()) == 2);
/// ```
template <class Node>
using RecordOf = typename std::remove_cvref_t<Node>::Record;

/// The record's type without reference.
///
/// ```cpp
/// auto const one = rdd({1, 2});
/// static_assert(std::is_same_v<ValueOf<decltype(one.node())>, int>);
/// CHECK((one | count()) == 2);
/// ```
template <class Node>
using ValueOf = std::remove_cvref_t<RecordOf<Node>>;

namespace detail {

/// What a node is whose records lie side by side, and stay there.
template <class T>
struct OfSpans {
    using Record = T const&;
    static constexpr bool stored = true;
    static constexpr bool stable = true;
    static constexpr bool bySpans = true;
};

/// Whether T is an Of<…>.
template <template <class...> class Of, class T>
inline constexpr bool isA = false;
template <template <class...> class Of, class... Ts>
inline constexpr bool isA<Of, Of<Ts...>> = true;

template <class T>
inline constexpr bool isTuple = false;
template <class A, class B>
inline constexpr bool isTuple<std::pair<A, B>> = true;
template <class... Ts>
inline constexpr bool isTuple<std::tuple<Ts...>> = true;

template <class T>
inline constexpr bool isPair = false;
template <class A, class B>
inline constexpr bool isPair<std::pair<A, B>> = true;

template <class F, class R>
concept PlainCall = requires(F& f, R&& r) { f(static_cast<R&&>(r)); };

// Not is_invocable, which also takes pointers to the record's class.
template <class F, class R>
concept MemberCall = (std::is_member_object_pointer_v<F> && requires(F f, R&& r) { static_cast<R&&>(r).*f; }) ||
                     (std::is_member_function_pointer_v<F> && requires(F f, R&& r) { (static_cast<R&&>(r).*f)(); });

template <class F, class R, std::size_t... I>
constexpr auto spreads(std::index_sequence<I...>) -> decltype(std::declval<F&>()(std::get<I>(std::declval<R>())...), std::true_type{});
template <class F, class R>
constexpr std::false_type spreads(...);

template <class F, class R, bool = isTuple<std::remove_cvref_t<R>>>
inline constexpr bool spreadCall = false;
template <class F, class R>
inline constexpr bool spreadCall<F, R, true> =
    decltype(spreads<F, R>(std::make_index_sequence<std::tuple_size_v<std::remove_cvref_t<R>>>{}))::value;

template <class F, class R, std::size_t... I>
constexpr decltype(auto) spread(F& f, R&& r, std::index_sequence<I...>)
{
    return f(std::get<I>(static_cast<R&&>(r))...);
}

}  // namespace detail

/// Whether `f(record)`, or `f(a, b, …)` on the members of a pair or tuple, or a pointer to a member, can be called.
/// Give F as const to ask for what several threads may call at once.
///
/// ```cpp
/// auto sum = [](int a, int b) { return a + b; };
/// static_assert(CallableWith<decltype(sum) const, std::pair<int, int>>);
/// static_assert(!CallableWith<decltype(sum) const, int>);
/// ```
template <class F, class R>
concept CallableWith = detail::PlainCall<F, R> || detail::MemberCall<F, R> || detail::spreadCall<F, R>;

namespace detail {

/// Call a user's function with one record: as it is, or, where that does not compile, with the members of a pair or
/// tuple as arguments, or as a pointer to a member of it.
///
/// ```cpp
/// CHECK(detail::call([](int a, int b) { return a * b; }, std::pair{3, 4}) == 12);
/// CHECK(detail::call(&std::pair<int, int>::second, std::pair{3, 4}) == 4);
/// ```
template <class F, class R>
    requires CallableWith<F const, R>
constexpr decltype(auto) call(F const& f, R&& record)
{
    if constexpr (PlainCall<F const, R>) {
        return f(static_cast<R&&>(record));
    } else if constexpr (MemberCall<F const, R>) {
        if constexpr (std::is_member_object_pointer_v<F>) return static_cast<R&&>(record).*f;
        else return (static_cast<R&&>(record).*f)();
    } else {
        constexpr auto size = std::tuple_size_v<std::remove_cvref_t<R>>;
        return spread(f, static_cast<R&&>(record), std::make_index_sequence<size>{});
    }
}

/// What combines an A and a B to an A, as reductions do.
template <class F, class A, class B>
concept CombinerOf = requires(F& f, A&& a, B&& b) {
    { f(static_cast<A&&>(a), static_cast<B&&>(b)) } -> std::convertible_to<std::remove_cvref_t<A>>;
    requires std::is_move_assignable_v<std::remove_cvref_t<A>>;  // it takes the place of the one before
};

template <class T>
inline constexpr bool isValue = !std::is_void_v<T>;
template <class T>
inline constexpr bool isBool = std::is_same_v<T, bool>;

template <class F, class R>
using CallResult = decltype(call(std::declval<F const&>(), std::declval<R>()));

/// Runs what may throw: that leaves as a StreamError that names the operator. Costs nothing where nothing is thrown.
template <class Work>
constexpr decltype(auto) runIn(Label const& label, Work&& work)
{
    try {
        return work();
    } catch (...) {
        failIn(label);
    }
}

/// As runIn, of call.
template <class F, class R>
constexpr decltype(auto) callIn(Label const& label, F const& f, R&& record)
{
    try {
        return call(f, static_cast<R&&>(record));
    } catch (...) {
        failIn(label);
    }
}

/// As callIn, of functions of two arguments that combine; what they answer is made an A, as `short + short` must be.
template <class F, class A, class B>
constexpr decltype(auto) combineIn(Label const& label, F const& f, A&& a, B&& b)
{
    using Result = std::remove_cvref_t<decltype(f(static_cast<A&&>(a), static_cast<B&&>(b)))>;
    using Combined = std::remove_cvref_t<A>;
    try {
        if constexpr (std::is_same_v<Result, Combined>) return f(static_cast<A&&>(a), static_cast<B&&>(b));
        else return static_cast<Combined>(f(static_cast<A&&>(a), static_cast<B&&>(b)));
    } catch (...) {
        failIn(label);
    }
}

}  // namespace detail
}  // namespace sluice::inline SLUICE_ABI
