#pragma once

#include <sluice/batch/order.hpp>
#include <sluice/operators/reduce.hpp>

// What min, max, takeOrdered and top share: which of two records stands before the other.

namespace sluice::inline SLUICE_ABI::detail {

/// The order of `<`, or of a plain struct's members. NaN stands behind every number, as in the model.
struct NaturalOrder {
    template <class T>
        requires(isOrdered<T>())
    constexpr bool operator()(T const& a, T const& b) const
    {
        return before(a, b);
    }
};

/// The other way round.
template <class Before>
struct Reversed {
    [[no_unique_address]] Before before;

    template <class T>
    constexpr bool operator()(T const& a, T const& b) const
    {
        return before(b, a);
    }
};

template <class Before, class T>
concept Orders = requires(Before& before, T const& a) {
    { before(a, a) } -> std::convertible_to<bool>;
};

template <class Before, class T>
inline constexpr bool orders = Orders<Before const, T>;
template <class Before, class T>
inline constexpr bool ordersOnlyMutable = !Orders<Before const, T> && Orders<Before, T>;

/// Whether it takes text as std::string alone, which a std::string_view does not become by itself.
template <class Before, class T>
inline constexpr bool ordersOwnedAlone = holdOf<T>() == Hold::covered && !Orders<Before, T> && Orders<Before, Owned<T>>;

/// Whether what is kept of a T can be shown as a T again, to be compared with the next one.
template <class T>
inline constexpr bool showsAgain = holdOf<T>() == Hold::owns || std::is_convertible_v<Owned<T> const&, T>;

template <class Up, class Before>
consteval bool canOrder()
{
    using T = ValueOf<Up>;
    if constexpr (!canReplaceRecord<RecordOf<Up>> || !Orders<Before const, T>) return false;
    else return showsAgain<T>;
}

/// Of two records the one that stands before the other; of equal ones the first.
template <class Before>
struct Foremost {
    [[no_unique_address]] Before before;

    template <class A, class B>
        requires Orders<Before const, std::remove_cvref_t<A>> && std::is_same_v<std::remove_cvref_t<A>, std::remove_cvref_t<B>>
    constexpr std::remove_cvref_t<A> operator()(A&& a, B&& b) const
    {
        if (before(b, a)) return static_cast<B&&>(b);
        return static_cast<A&&>(a);
    }
};

}  // namespace sluice::inline SLUICE_ABI::detail
