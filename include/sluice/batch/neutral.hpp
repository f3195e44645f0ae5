#pragma once

#include <sluice/batch/macros.hpp>

#include <concepts>
#include <string>  // with libstdc++, it has std::plus and its like; all of <functional> is dear
#include <type_traits>
#if __has_include(<__functional/operations.h>)
#include <__functional/operations.h>  // where libc++ has them
#endif

// Functions of which the library knows that they may combine integers in any grouping, and what is neutral to them: f(neutral, x)
// is x. Floating point is never among them: 0.0 + -0.0 is not -0.0, and each grouping rounds in its own way.

namespace sluice::inline SLUICE_ABI::detail {

/// `neutralOf<A>` of a function F, and, where it does not return just this, combine(f, a, b).
template <class F>
struct Neutral {};

/// Of a function of the standard library over A, or, as void, over any.
template <template <class> class F, class T, int neutral>
struct StandardNeutral {
    using Any = F<void>;
    template <class A>
        requires std::is_void_v<T> || std::is_same_v<T, A>
    static constexpr A of = static_cast<A>(neutral);
};
template <class T>
struct Neutral<std::plus<T>> : StandardNeutral<std::plus, T, 0> {};
template <class T>
struct Neutral<std::multiplies<T>> : StandardNeutral<std::multiplies, T, 1> {};
template <class T>
struct Neutral<std::bit_and<T>> : StandardNeutral<std::bit_and, T, -1> {};
template <class T>
struct Neutral<std::bit_or<T>> : StandardNeutral<std::bit_or, T, 0> {};
template <class T>
struct Neutral<std::bit_xor<T>> : StandardNeutral<std::bit_xor, T, 0> {};

template <class T>
inline constexpr bool isInteger = std::is_integral_v<T> && !std::is_same_v<T, bool>;

template <class F, class A>
concept CombinesFromNeutral = isInteger<A> && requires { Neutral<F>::template of<A>; };

template <class F, class A>
inline constexpr A neutralTo = Neutral<F>::template of<A>;

/// f(a, b) as an A. Functions of the standard library are computed without a sign, modulo 2^n: another grouping overflows where the one in
/// order does not.
template <class F, class A>
constexpr A combineIntegers(F const& f, A a, A b)
{
    if constexpr (requires { typename Neutral<F>::Any; }) {
        using Unsigned = decltype(std::make_unsigned_t<A>{} + 0U);
        return static_cast<A>(typename Neutral<F>::Any{}(static_cast<Unsigned>(a), static_cast<Unsigned>(b)));
    } else {
        return f(a, b);
    }
}

/// Integers combined from what is neutral on. What one record of the batch makes stands apart until it is settled. So what a filter
/// lets pass is chosen before it is combined, `all = f(all, keep ? x : neutral)`: one operation stands between one record and the
/// next, and not two, of which the second chooses between what f made and what was there before.
///
/// They are held with another sign than f combines them with. Else g++ 12 finds that f(all, keep ? x : neutral) is all where keep is
/// false, and moves f into the branch again (partial redundancy elimination, which does not see through the conversion of all).
template <class F, class A>
class Combined {
    static constexpr bool unsignedOnes = std::is_unsigned_v<A> || requires { typename Neutral<F>::Any; };
    using Held = std::conditional_t<unsignedOnes, std::make_signed_t<A>, std::make_unsigned_t<A>>;

public:
    constexpr Combined() = default;
    constexpr explicit Combined(A begin) : all_(static_cast<Held>(begin)) {}

    constexpr void add(F const& f, A x) { apart_ = static_cast<Held>(combineIntegers<F, A>(f, static_cast<A>(apart_), x)); }
    constexpr void settle(F const& f)
    {
        all_ = static_cast<Held>(value(f));
        apart_ = neutral;
    }
    [[nodiscard]] constexpr A value(F const& f) const { return combineIntegers<F, A>(f, static_cast<A>(all_), static_cast<A>(apart_)); }

private:
    static constexpr Held neutral = static_cast<Held>(neutralTo<F, A>);
    Held all_ = neutral;
    Held apart_ = neutral;
};

}  // namespace sluice::inline SLUICE_ABI::detail
