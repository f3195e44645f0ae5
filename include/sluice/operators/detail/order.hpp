#pragma once

#include <sluice/batch/order.hpp>
#include <sluice/operators/reduce.hpp>

#include <limits>

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

namespace need {

/// Less is an order of the records.
template <class Less>
struct Ordered {
    template <class Up>
    static constexpr bool holds = Orders<Less const, ValueOf<Up>>;

    template <class Op, class Up>
    static consteval void explain()
    {
        using T = ValueOf<Up>;
        if constexpr (Orders<Less, T>) {
            static_assert(holds<Up>, "sluice: less is called as const, by several threads at once: no mutable lambda");
        } else if constexpr (std::is_same_v<Less, NaturalOrder>) {
            static_assert(holds<Up>, "sluice: the records must have an order: operator<, or less as the last argument");
        } else if constexpr (holdOf<T>() == Hold::covered && Orders<Less, Owned<T>>) {
            static_assert(holds<Up>, "sluice: less must take text as std::string_view, not as std::string");
        } else {
            static_assert(holds<Up>, "sluice: less must take two records, and return whether the first is less");
        }
    }
};

/// Behind Ownable: what is kept of a record can be shown as one again, to be compared with the next.
struct ShownAgain {
    template <class Up>
    static constexpr bool holds = holdOf<ValueOf<Up>>() == Hold::owns || std::is_convertible_v<Owned<ValueOf<Up>> const&, ValueOf<Up>>;

    template <class Op, class Up>
    static consteval void explain()
    {
        static_assert(holds<Up>,
                      "sluice: the records must not hold views that cannot be made of what owns them: map them to a type "
                      "that owns");
    }
};

}  // namespace need

template <class Less>
using OrderNeeds = Needs<need::Ownable, need::Replaceable, need::Ordered<Less>, need::ShownAgain>;

/// `max()`, `max(less)`; `top(n)`, `top(n, less)`: Op<Less> is made of what comes before the order, the order, and where it stands.
template <template <class> class Op, class... Args>
struct OrderMaker : OperatorFnBase {
    [[nodiscard]] constexpr auto operator()(Args... args, CallSite at = CallSite::here()) const
    {
        return Op<NaturalOrder>{args..., {}, at};
    }

    template <class Less>
        requires(!std::is_same_v<Less, CallSite>)
    [[nodiscard]] constexpr auto operator()(Args... args, Less less, CallSite at = CallSite::here()) const
    {
        return Op<Less>{args..., std::move(less), at};
    }
};

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

/// Of integers in their own order, the last of them all; at the other end of the order the first.
template <class Before>
struct FurthestInteger {};
template <>
struct FurthestInteger<NaturalOrder> {
    template <class A>
    static constexpr A of = std::numeric_limits<A>::max();
};
template <>
struct FurthestInteger<Reversed<NaturalOrder>> {
    template <class A>
    static constexpr A of = std::numeric_limits<A>::min();
};
template <class Before>
struct Neutral<Foremost<Before>> : FurthestInteger<Before> {};

/// The one record of a batch that stands before all others: min, max.
template <class Derived, class Less, class Before>
struct ForemostAction : ValueAction<Derived>, OrderNeeds<Less> {
    [[no_unique_address]] Foremost<Before> foremost;

    constexpr ForemostAction(Less less, CallSite at) : ValueAction<Derived>(at), foremost{{std::move(less)}} {}

    template <class Up>
    constexpr auto valueOf(Up const& up) const
    {
        return reduceRecords(up, foremost, this->label);
    }
};

}  // namespace sluice::inline SLUICE_ABI::detail
