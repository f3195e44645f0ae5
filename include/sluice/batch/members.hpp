#pragma once

#include <sluice/batch/macros.hpp>

#include <cstddef>
#include <type_traits>
#include <utility>

// The members of an aggregate, found while compiling: they are counted by what the braces of `T{…}` take, and reached by a
// structured binding. What cannot be told for certain is "not seen through": an aggregate with a base class, a
// union, a tuple protocol of its own, or more than 32 members. (GNU's unnamed structs cannot be told: they do not compile.)

// One file although it is long: a list of as many members as a struct may have.

namespace sluice::inline SLUICE_ABI::detail {

template <class... Ts>
struct TypeList {
    static constexpr std::size_t size = sizeof...(Ts);
};

/// T where A is an Of<T>&, else void.
template <template <class> class Of, class A>
struct ReferredOf {
    using type = void;
};
template <template <class> class Of, class T>
struct ReferredOf<Of, Of<T>&> {
    using type = T;
};

// What stands for a member in T{…}. They are not copied, so that a std::any does not take them for a value, and convert as
// const volatile objects, so that a constructor of the member that takes anything is preferred: else it would be ambiguous.
struct AnyValue {
    AnyValue(AnyValue const&) = delete;
    template <class U>
    operator U() const volatile noexcept;
};
struct AnyReference {
    AnyReference(AnyReference const&) = delete;
    template <class U>
    operator U&() const volatile noexcept;
};
struct AnyUnion {
    AnyUnion(AnyUnion const&) = delete;
    template <class U>
        requires std::is_union_v<U>
    operator U() const volatile noexcept;
};
struct NoValue {
    NoValue(NoValue const&) = delete;
};
template <class T>
struct AnyBase {
    AnyBase(AnyBase const&) = delete;
    template <class U>
        requires(std::is_base_of_v<U, T> && !std::is_same_v<U, T>)
    operator U() const volatile noexcept;
};

template <class X>
X& something();  // never defined

/// An aggregate of N members: whether T{{}, …N…, X…} compiles, and a call with the list of their types and all of them.
template <std::size_t N>
struct Members;
template <>
struct Members<0> {
    template <class T, class... X>
    static constexpr bool takes = requires { T{something<X>()...}; };
    template <class T, class F>
    static constexpr decltype(auto) visit(T const&, F&& f)
    {
        return f(TypeList<>{});
    }
};

inline constexpr std::size_t mostMembers = 32;
#define SLUICE_LIST_1(X) X(1)
#define SLUICE_LIST_2(X) SLUICE_LIST_1(X), X(2)
#define SLUICE_LIST_3(X) SLUICE_LIST_2(X), X(3)
#define SLUICE_LIST_4(X) SLUICE_LIST_3(X), X(4)
#define SLUICE_LIST_5(X) SLUICE_LIST_4(X), X(5)
#define SLUICE_LIST_6(X) SLUICE_LIST_5(X), X(6)
#define SLUICE_LIST_7(X) SLUICE_LIST_6(X), X(7)
#define SLUICE_LIST_8(X) SLUICE_LIST_7(X), X(8)
#define SLUICE_LIST_9(X) SLUICE_LIST_8(X), X(9)
#define SLUICE_LIST_10(X) SLUICE_LIST_9(X), X(10)
#define SLUICE_LIST_11(X) SLUICE_LIST_10(X), X(11)
#define SLUICE_LIST_12(X) SLUICE_LIST_11(X), X(12)
#define SLUICE_LIST_13(X) SLUICE_LIST_12(X), X(13)
#define SLUICE_LIST_14(X) SLUICE_LIST_13(X), X(14)
#define SLUICE_LIST_15(X) SLUICE_LIST_14(X), X(15)
#define SLUICE_LIST_16(X) SLUICE_LIST_15(X), X(16)
#define SLUICE_LIST_17(X) SLUICE_LIST_16(X), X(17)
#define SLUICE_LIST_18(X) SLUICE_LIST_17(X), X(18)
#define SLUICE_LIST_19(X) SLUICE_LIST_18(X), X(19)
#define SLUICE_LIST_20(X) SLUICE_LIST_19(X), X(20)
#define SLUICE_LIST_21(X) SLUICE_LIST_20(X), X(21)
#define SLUICE_LIST_22(X) SLUICE_LIST_21(X), X(22)
#define SLUICE_LIST_23(X) SLUICE_LIST_22(X), X(23)
#define SLUICE_LIST_24(X) SLUICE_LIST_23(X), X(24)
#define SLUICE_LIST_25(X) SLUICE_LIST_24(X), X(25)
#define SLUICE_LIST_26(X) SLUICE_LIST_25(X), X(26)
#define SLUICE_LIST_27(X) SLUICE_LIST_26(X), X(27)
#define SLUICE_LIST_28(X) SLUICE_LIST_27(X), X(28)
#define SLUICE_LIST_29(X) SLUICE_LIST_28(X), X(29)
#define SLUICE_LIST_30(X) SLUICE_LIST_29(X), X(30)
#define SLUICE_LIST_31(X) SLUICE_LIST_30(X), X(31)
#define SLUICE_LIST_32(X) SLUICE_LIST_31(X), X(32)
// clang-format off
#define SLUICE_BRACES(N) {}
#define SLUICE_NAME(N) m##N
#define SLUICE_TYPE(N) decltype(m##N)
#define SLUICE_MEMBERS(N)                                                         \
    template <>                                                                   \
    struct Members<N> {                                                           \
        template <class T, class... X>                                            \
        static constexpr bool takes = requires {                                  \
            T{SLUICE_LIST_##N(SLUICE_BRACES), something<X>()...};                 \
        };                                                                        \
        template <class T, class F>                                               \
        static constexpr decltype(auto) visit(T const& t, F&& f)                  \
        {                                                                         \
            auto const& [SLUICE_LIST_##N(SLUICE_NAME)] = t;                       \
            return f(TypeList<SLUICE_LIST_##N(SLUICE_TYPE)>{}, SLUICE_LIST_##N(SLUICE_NAME)); \
        }                                                                         \
    };
SLUICE_MEMBERS(1) SLUICE_MEMBERS(2) SLUICE_MEMBERS(3) SLUICE_MEMBERS(4) SLUICE_MEMBERS(5)
SLUICE_MEMBERS(6) SLUICE_MEMBERS(7) SLUICE_MEMBERS(8) SLUICE_MEMBERS(9) SLUICE_MEMBERS(10)
SLUICE_MEMBERS(11) SLUICE_MEMBERS(12) SLUICE_MEMBERS(13) SLUICE_MEMBERS(14) SLUICE_MEMBERS(15)
SLUICE_MEMBERS(16) SLUICE_MEMBERS(17) SLUICE_MEMBERS(18) SLUICE_MEMBERS(19) SLUICE_MEMBERS(20)
SLUICE_MEMBERS(21) SLUICE_MEMBERS(22) SLUICE_MEMBERS(23) SLUICE_MEMBERS(24) SLUICE_MEMBERS(25)
SLUICE_MEMBERS(26) SLUICE_MEMBERS(27) SLUICE_MEMBERS(28) SLUICE_MEMBERS(29) SLUICE_MEMBERS(30)
SLUICE_MEMBERS(31) SLUICE_MEMBERS(32)
// clang-format on

#undef SLUICE_MEMBERS
#undef SLUICE_TYPE
#undef SLUICE_NAME
#undef SLUICE_BRACES
#undef SLUICE_LIST_1
#undef SLUICE_LIST_2
#undef SLUICE_LIST_3
#undef SLUICE_LIST_4
#undef SLUICE_LIST_5
#undef SLUICE_LIST_6
#undef SLUICE_LIST_7
#undef SLUICE_LIST_8
#undef SLUICE_LIST_9
#undef SLUICE_LIST_10
#undef SLUICE_LIST_11
#undef SLUICE_LIST_12
#undef SLUICE_LIST_13
#undef SLUICE_LIST_14
#undef SLUICE_LIST_15
#undef SLUICE_LIST_16
#undef SLUICE_LIST_17
#undef SLUICE_LIST_18
#undef SLUICE_LIST_19
#undef SLUICE_LIST_20
#undef SLUICE_LIST_21
#undef SLUICE_LIST_22
#undef SLUICE_LIST_23
#undef SLUICE_LIST_24
#undef SLUICE_LIST_25
#undef SLUICE_LIST_26
#undef SLUICE_LIST_27
#undef SLUICE_LIST_28
#undef SLUICE_LIST_29
#undef SLUICE_LIST_30
#undef SLUICE_LIST_31
#undef SLUICE_LIST_32

                    inline constexpr std::size_t notSeen = static_cast<std::size_t>(-1);

/// How many members there are where each of them can be made from {}: also an array is one then.
template <class T, std::size_t N = 0>
consteval std::size_t membersByBraces()
{
    constexpr std::size_t next = N < mostMembers ? N + 1 : N;
    if constexpr (next > N && Members<next>::template takes<T>) return membersByBraces<T, next>();
    else return N;
}

template <class T, std::size_t... I>
consteval bool anyBracesAreUnions(std::index_sequence<I...>)
{
    return ((Members<I>::template takes<T, AnyUnion> && !Members<I>::template takes<T, NoValue>) || ...);
}

// Where a member cannot be made from {}: T{…} takes so many values of any type. An array takes as many as it has elements.

template <std::size_t, class X>
using Each = X;

template <class T, class Before, class Braced, class Behind>
inline constexpr bool takesValues = false;
template <class T, std::size_t... I, std::size_t... J, std::size_t... K>
inline constexpr bool takesValues<T, std::index_sequence<I...>, std::index_sequence<J...>, std::index_sequence<K...>> =
    requires { T{something<Each<I, AnyValue>>()..., {something<Each<J, AnyValue>>()...}, something<Each<K, AnyValue>>()...}; };
template <class T, class Before, class X, class Behind>
inline constexpr bool takesWithin = false;
template <class T, std::size_t... I, class... X, std::size_t... K>
inline constexpr bool takesWithin<T, std::index_sequence<I...>, TypeList<X...>, std::index_sequence<K...>> =
    requires { T{something<Each<I, AnyValue>>()..., something<X>()..., something<Each<K, AnyValue>>()...}; };

template <std::size_t N>
using Upto = std::make_index_sequence<N>;

template <class T, std::size_t N = 0>
consteval std::size_t valuesTaken()
{
    constexpr bool here = takesWithin<T, Upto<N>, TypeList<>, Upto<0>>;
    if constexpr (N > mostMembers) return notSeen;
    else if constexpr (here && !takesWithin<T, Upto<N + 1>, TypeList<>, Upto<0>>) return N;
    else return valuesTaken<T, N + 1>();
}

/// Whether the values from I on, so many, are the elements of one array: then braces around them take the place of all.
template <class T, std::size_t Values, std::size_t I, std::size_t Size>
consteval bool isArrayAt()
{
    return takesValues<T, Upto<I>, Upto<Size>, Upto<Values - I - Size>> &&
           !takesValues<T, Upto<I>, Upto<Size>, Upto<Values - I - Size + 1>>;
}

template <class T, std::size_t Values, std::size_t I>
consteval bool isPlainAt()
{
    using Behind = Upto<Values - I - 1>;
    bool const array = [&]<std::size_t... S>(std::index_sequence<S...>) { return (isArrayAt<T, Values, I, S + 2>() || ...); }(Behind{});
    bool const isUnion = takesWithin<T, Upto<I>, TypeList<AnyUnion>, Behind> && !takesWithin<T, Upto<I>, TypeList<NoValue>, Behind>;
    return !array && !isUnion;
}

template <class T>
consteval std::size_t membersByValues()
{
    constexpr auto values = valuesTaken<T>();
    if constexpr (values == notSeen || values == 0) return notSeen;
    else if constexpr (takesWithin<T, Upto<0>, TypeList<AnyBase<T>>, Upto<values - 1>>) return notSeen;
    else if constexpr (takesWithin<T, Upto<values>, TypeList<AnyReference>, Upto<0>>) return notSeen;  // behind it there is more
    else if constexpr (takesValues<T, Upto<values>, Upto<0>, Upto<0>>) return notSeen;
    else {
        return []<std::size_t... I>(std::index_sequence<I...>) {
            return (isPlainAt<T, values, I>() && ...) ? values : notSeen;
        }(Upto<values>{});
    }
}

template <class T>
consteval std::size_t countMembers()
{
    if constexpr (!std::is_class_v<T> || !std::is_aggregate_v<T> || requires { std::tuple_size<T>::value; }) {
        return notSeen;
    } else if constexpr (std::is_empty_v<T>) {
        return 0;
    } else if constexpr (Members<0>::takes<T>) {
        constexpr auto n = membersByBraces<T>();
        if constexpr (Members<n>::template takes<T, AnyValue> || Members<n>::template takes<T, AnyReference>) {
            return membersByValues<T>();
        } else if constexpr (Members<0>::takes<T, AnyBase<T>> || anyBracesAreUnions<T>(Upto<n>{})) {
            return notSeen;
        } else {
            return n;
        }
    } else {
        return membersByValues<T>();
    }
}

template <class T>
inline constexpr std::size_t memberCount = countMembers<T>();

template <class... Ms>
TypeList<std::remove_cv_t<Ms>...> withoutConst(TypeList<Ms...>);

/// No lambda: clang 14 cannot read one back from a precompiled header where a type is made of it.
struct AnswersTypes {
    template <class Types, class... Ms>
    constexpr auto operator()(Types types, Ms const&...) const
    {
        return decltype(withoutConst(types)){};
    }
};

/// An aggregate whose members are known.
template <class T>
concept SeenThrough = memberCount<T> != notSeen;

/// Their types as they were declared, without const: a TypeList. Of a bit field, the type that it is a field of.
template <SeenThrough T>
using MemberTypes = decltype(Members<memberCount<T>>::visit(std::declval<T const&>(), AnswersTypes{}));

/// f(a, b, …): all members, in their order, as const. A bit field is handed on as a copy.
template <SeenThrough T, class F>
constexpr decltype(auto) visitMembers(T const& t, F const& f)
{
    return Members<memberCount<T>>::visit(t, [&](auto, auto const&... member) -> decltype(auto) { return f(member...); });
}

}  // namespace sluice::inline SLUICE_ABI::detail
