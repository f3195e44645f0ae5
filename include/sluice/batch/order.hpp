#pragma once

#include <sluice/batch/owned.hpp>

namespace sluice::inline SLUICE_ABI::detail {

/// The order of `<`, where NaN, which has none, stands behind all numbers, also in pairs, tuples, optionals and sequences:
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

/// Whether there is one. The order of addresses is none.
template <class T>
consteval bool isOrdered()
{
    if constexpr (std::is_pointer_v<T>) return false;
    else if constexpr (isTuple<T>) {
        return []<std::size_t... I>(std::index_sequence<I...>) {
            return (isOrdered<std::remove_cvref_t<std::tuple_element_t<I, T>>>() && ...);
        }(std::make_index_sequence<std::tuple_size_v<T>>{});
    } else if constexpr (OptionalOf<T>::value) {
        return isOrdered<typename OptionalOf<T>::Element>();
    } else if constexpr (SequenceOf<T>::value) {
        return isOrdered<typename SequenceOf<T>::Element>();
    } else {
        return requires(T const& a, T const& b) {
            { a < b } -> std::convertible_to<bool>;
        };
    }
}

}  // namespace sluice::inline SLUICE_ABI::detail
