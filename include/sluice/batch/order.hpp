#pragma once

#include <sluice/batch/owned.hpp>

namespace sluice::inline SLUICE_ABI::detail {

template <class T>
concept LessThan = requires(T const& a, T const& b) {
    { a < b } -> std::convertible_to<bool>;
};

/// A plain struct is ordered by its members, one after another, unless it has a `<` of its own.
template <class T>
concept OrderedByMembers = SeenThrough<T> && !LessThan<T>;

/// The order of `<`, where NaN, which has none, stands behind all numbers, also in pairs, tuples, optionals, sequences and structs:
/// without a place it would make results depend on how a batch is cut.
template <class T>
constexpr bool before(T const& a, T const& b)
{
    if constexpr (std::is_floating_point_v<T>) {
        return !(b <= a) && a == a;  // a is a number, and b a greater one or NaN
    } else if constexpr (isTuple<T>) {
        return [&]<std::size_t... I>(std::index_sequence<I...>) {
            bool less = false;
            static_cast<void>(((less = before(std::get<I>(a), std::get<I>(b)), less || before(std::get<I>(b), std::get<I>(a))) || ...));
            return less;
        }(std::make_index_sequence<std::tuple_size_v<T>>{});
    } else if constexpr (OptionalOf<T>::value) {
        return b.has_value() && (!a.has_value() || before(*a, *b));
    } else if constexpr (OrderedByMembers<T>) {
        return visitMembers(a, [&b](auto const&... x) {
            return visitMembers(b, [&x...](auto const&... y) {
                bool less = false;
                static_cast<void>(((less = before(x, y), less || before(y, x)) || ...));
                return less;
            });
        });
    } else if constexpr (std::is_array_v<T>) {
        for (std::size_t i = 0; i < std::extent_v<T>; ++i) {
            if (before(a[i], b[i])) return true;
            if (before(b[i], a[i])) return false;
        }
        return false;
    } else if constexpr (SequenceOf<T>::value) {
        using Element = typename SequenceOf<T>::Element;
        auto i = a.begin();
        auto j = b.begin();
        for (; i != a.end() && j != b.end(); ++i, ++j) {
            if (before<Element>(*i, *j)) return true;
            if (before<Element>(*j, *i)) return false;
        }
        return i == a.end() && j != b.end();
    } else {
        return static_cast<bool>(a < b);
    }
}

/// Whether there is one. The order of addresses is none. `Within` are the structs that a T is in.
template <class T, class... Within>
consteval bool isOrdered();
template <class... Within, class... Ts>
consteval bool areOrdered(TypeList<Ts...>)
{
    return (isOrdered<std::remove_cvref_t<Ts>, Within...>() && ...);
}

template <class T, class... Within>
consteval bool isOrdered()
{
    if constexpr (std::is_pointer_v<T> || OwningPointer<T>) return false;
    else if constexpr ((std::is_same_v<T, Within> || ...)) return true;
    else if constexpr (std::is_array_v<T>) return isOrdered<std::remove_cv_t<std::remove_extent_t<T>>, Within...>();
    else if constexpr (isTuple<T>) return areOrdered<Within...>(typename ElementsOf<T>::type{});
    else if constexpr (OptionalOf<T>::value) return isOrdered<typename OptionalOf<T>::Element, Within...>();
    else if constexpr (SequenceOf<T>::value) return isOrdered<typename SequenceOf<T>::Element, Within...>();
    else if constexpr (OrderedByMembers<T>) return areOrdered<T, Within...>(MemberTypes<T>{});
    else return LessThan<T>;
}

}  // namespace sluice::inline SLUICE_ABI::detail
