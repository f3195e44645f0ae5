#pragma once

#include <sluice/batch/call.hpp>
#include <sluice/batch/members.hpp>

#include <boost/hana/accessors.hpp>
#include <boost/hana/at.hpp>
#include <boost/hana/concept/struct.hpp>
#include <boost/hana/length.hpp>
#include <boost/hana/second.hpp>

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

// One file although it is long: whether a type owns, what owns in its stead, and who is to blame, ask the same kinds of types one after
// another, and whoever teaches one of them a new kind must teach all.

namespace sluice::inline SLUICE_ABI {

/// How a type that looks into memory of others is kept beyond its batch: specialise it for a view type of your own,
/// with `type`, what is stored instead, and `static type own(View const&)`.
///
/// ```cpp
/// static_assert(std::is_same_v<OwnedAs<std::string_view>::type, std::string>);
/// CHECK(OwnedAs<std::string_view>::own("bytes") == "bytes");
/// ```
template <class T>
struct OwnedAs;

template <class C, class Tr>
struct OwnedAs<std::basic_string_view<C, Tr>> {
    using type = std::basic_string<C, Tr>;
    static type own(std::basic_string_view<C, Tr> view) { return type{view}; }
};

/// Whether a type shows no memory of others, where the library cannot see it by itself: specialise it for a class with private
/// members that is copied byte by byte, as views are, for a pointer to what lives on, or for a struct with a base class.
///
/// ```cpp
/// // class Point { double x_, y_; … };
/// // template <>
/// // inline constexpr bool sluice::holdsNoViews<Point> = true;
/// static_assert(canOwn<Time> && !canOwn<char const*>);  // the one is declared so
/// CHECK(!holdsNoViews<char const*>);
/// ```
template <class T>
inline constexpr bool holdsNoViews = false;
template <>
inline constexpr bool holdsNoViews<CallSite> = true;  // it shows literals

namespace detail {

/// A container with value semantics whose elements may have to be owned: `vector<T, A>`, `list<T, A>`, `deque<T, A>`.
template <class T>
struct SequenceOf {
    static constexpr bool value = false;
};
template <template <class, class> class C, class T, class A>
    requires requires(C<T, A> c, T t, typename A::value_type) {
        c.push_back(t);
        c.begin();
    }  // g++: C may be std::string
struct SequenceOf<C<T, A>> {
    static constexpr bool value = true;
    using Element = T;
    template <class U>
    using Rebind = C<U, typename std::allocator_traits<A>::template rebind_alloc<U>>;
};

template <class T>
concept HanaStruct = boost::hana::Struct<T>::value;

template <class T>
inline constexpr std::size_t hanaSize = decltype(boost::hana::length(boost::hana::accessors<T>()))::value;
template <class T, std::size_t I>
using HanaMember =
    std::remove_cvref_t<decltype(boost::hana::second(boost::hana::at_c<I>(boost::hana::accessors<T>()))(std::declval<T const&>()))>;

/// Calls f with the getter of each member of a Hana-adapted struct: hana::for_each, without its header's 0.04 s.
template <class T, class F>
constexpr void forMembers(F&& f)
{
    auto const all = boost::hana::accessors<T>();
    [&]<std::size_t... I>(std::index_sequence<I...>) {
        (f(boost::hana::second(boost::hana::at_c<I>(all))), ...);
    }(std::make_index_sequence<decltype(boost::hana::length(all))::value>{});
}

/// How T stands to memory that it does not own.
enum class Hold {
    owns,     ///< it owns all that it shows
    covered,  ///< it shows memory of others, and the library can own it: Owned<T> is another type
    unknown   ///< it shows memory of others, and nobody said how to own it
};

constexpr Hold worst(Hold a, Hold b)
{
    if (a == Hold::unknown || b == Hold::unknown) return Hold::unknown;
    return a == Hold::covered || b == Hold::covered ? Hold::covered : Hold::owns;
}

/// Element: what is in an optional; of all else it is that itself.
template <class T>
struct OptionalOf {
    static constexpr bool value = false;
    using Element = T;
};
template <class T>
struct OptionalOf<std::optional<T>> {
    static constexpr bool value = true;
    using Element = T;
};

/// The types that a template over types is made of: `map`, `set`, `array`, `variant`, … It holds what they hold.
template <class T>
struct ArgumentsOf {
    using type = TypeList<>;
};
template <template <class...> class C, class... Ts>
struct ArgumentsOf<C<Ts...>> {
    using type = TypeList<Ts...>;
};
template <template <class, std::size_t> class C, class T, std::size_t N>
struct ArgumentsOf<C<T, N>> {
    using type = TypeList<T>;
};

template <class T>
struct ElementsOf;
template <class A, class B>
struct ElementsOf<std::pair<A, B>> {
    using type = TypeList<A, B>;
};
template <class... Ts>
struct ElementsOf<std::tuple<Ts...>> {
    using type = TypeList<Ts...>;
};

template <class T, class = std::make_index_sequence<hanaSize<T>>>
struct HanaMembers;
template <class T, std::size_t... I>
struct HanaMembers<T, std::index_sequence<I...>> {
    using type = TypeList<HanaMember<T, I>...>;
};

/// std::unique_ptr and its like.
template <class T>
concept OwningPointer = !std::is_pointer_v<T> && requires(T const& p) {
    typename T::element_type;
    p.get();
    *p;
};

/// std::array, and what is like it.
template <class T>
concept ArrayLike = requires(T const& t) {
    std::tuple_size<T>::value;
    *t.data();
};

/// Whether it is a type of the standard library. Their value types (durations, complex numbers, bitsets, …) have private members
/// and are too many to be listed: most are in headers that this one may not include.
template <class T>
consteval bool isOfStd()
{
    std::string_view name = __PRETTY_FUNCTION__;
    name.remove_prefix(name.find("T = ") + 4);
    return name.starts_with("std::");
}

/// As a view is. What cannot be copied is none.
template <class T>
inline constexpr bool isCopiedAsBytes = std::is_trivially_copyable_v<T> && std::is_copy_constructible_v<T>;

/// Those of the standard library that are views nevertheless: iterators, initializer_list, reference_wrapper, coroutine handles.
template <class T>
inline constexpr bool isStdView =
    isCopiedAsBytes<T> && (requires(T& t) { *t; } || (requires(T const& t) { t.begin(); } && !ArrayLike<T>) || requires(T const& t) {
        typename T::type;
        t.get();
    } || requires(T const& t) { t.address(); });

template <class T, class... Within>
consteval Hold holdOf();

template <class... Within, class... Ts>
consteval Hold worstOf(TypeList<Ts...>)
{
    Hold hold = Hold::owns;
    ((hold = worst(hold, holdOf<Ts, Within...>())), ...);
    return hold;
}

/// Where there is no owning twin that could be made up here.
constexpr Hold withoutTwin(Hold hold) { return hold == Hold::owns ? hold : Hold::unknown; }

/// `Within` are the structs that a T is in: one of them again is a tree, and asked already.
template <class T, class... Within>
consteval Hold holdOf()
{
    if constexpr (std::is_const_v<T>) return holdOf<std::remove_const_t<T>, Within...>();  // of the keys of a map
    else if constexpr (std::is_arithmetic_v<T> || std::is_enum_v<T> || (std::is_same_v<T, Within> || ...)) return Hold::owns;
    else if constexpr (requires { typename OwnedAs<T>::type; }) return Hold::covered;
    else if constexpr (std::is_reference_v<T>) return Hold::unknown;
    else if constexpr (!std::is_object_v<T>) return Hold::owns;
    else if constexpr (!requires { sizeof(T); }) return Hold::owns;  // the tag of a template
    else if constexpr (holdsNoViews<T>) return Hold::owns;
    else if constexpr (std::is_pointer_v<T>) return std::is_function_v<std::remove_pointer_t<T>> ? Hold::owns : Hold::unknown;
    else if constexpr (std::is_scalar_v<T>) return Hold::owns;
    else if constexpr (std::is_array_v<T>) return withoutTwin(holdOf<std::remove_all_extents_t<T>, Within...>());
    else if constexpr (isTuple<T>) return worstOf<Within...>(typename ElementsOf<T>::type{});
    else if constexpr (OptionalOf<T>::value) return holdOf<typename OptionalOf<T>::Element, Within...>();
    else if constexpr (SequenceOf<T>::value) return holdOf<typename SequenceOf<T>::Element, Within...>();
    else if constexpr (HanaStruct<T>) return withoutTwin(worstOf<T, Within...>(typename HanaMembers<T>::type{}));
    else if constexpr (std::ranges::enable_view<T>) return Hold::unknown;
    else if constexpr (std::is_empty_v<T>) return Hold::owns;
    else if constexpr (SeenThrough<T>) return withoutTwin(worstOf<T, Within...>(MemberTypes<T>{}));
    else if constexpr (isOfStd<T>()) return isStdView<T> ? Hold::unknown : withoutTwin(worstOf<Within...>(typename ArgumentsOf<T>::type{}));
    else if constexpr (std::is_aggregate_v<T> || std::is_union_v<T> || isCopiedAsBytes<T>) return Hold::unknown;
    else return withoutTwin(worstOf<Within...>(typename ArgumentsOf<T>::type{}));
}

/// Member I, of type M, of the struct T: what errors show.
template <class T, std::size_t I, class M>
struct MemberOf;

template <class T>
struct Culprit;
template <class T, std::size_t I, class... Ms>
consteval auto firstCulprit(TypeList<Ms...>)
{
    constexpr bool bad[] = {holdOf<Ms, T>() != Hold::owns..., true};
    if constexpr (!bad[I]) {
        return firstCulprit<T, I + 1>(TypeList<Ms...>{});
    } else {
        using M = typename std::tuple_element_t<I, std::tuple<std::type_identity<Ms>...>>::type;
        using Inner = typename Culprit<M>::type;
        if constexpr (std::is_same_v<Inner, M>) return std::type_identity<MemberOf<T, I, M>>{};
        else return std::type_identity<Inner>{};
    }
}
template <class... Ts>
consteval auto firstUnknown(TypeList<Ts...>)
{
    return std::type_identity<void>{};
}
template <class T, class... Ts>
consteval auto firstUnknown(TypeList<T, Ts...>)
{
    if constexpr (holdOf<T>() == Hold::unknown) return std::type_identity<typename Culprit<std::remove_const_t<T>>::type>{};
    else return firstUnknown(TypeList<Ts...>{});
}
/// Of a T that cannot be owned, the first member that is to blame, or the type itself.
template <class T>
struct Culprit {
    static consteval auto find()
    {
        if constexpr (isTuple<T>) return firstUnknown(typename ElementsOf<T>::type{});
        else if constexpr (OptionalOf<T>::value) return Culprit<typename OptionalOf<T>::Element>{};
        else if constexpr (SequenceOf<T>::value) return Culprit<typename SequenceOf<T>::Element>{};
        else if constexpr (std::is_array_v<T>) return Culprit<std::remove_cv_t<std::remove_all_extents_t<T>>>{};
        else if constexpr (holdOf<T>() == Hold::unknown && !HanaStruct<T> && SeenThrough<T>) return firstCulprit<T, 0>(MemberTypes<T>{});
        else return std::type_identity<T>{};
    }
    using type = typename decltype(find())::type;
};

template <class T>
inline constexpr bool ownsAll = true;
template <class T, std::size_t I, class M>
inline constexpr bool ownsAll<MemberOf<T, I, M>> = false;

/// Whether it is not known to be a view, but may be one.
template <class T>
inline constexpr bool mayBeView =
    holdOf<T>() == Hold::unknown && !std::is_reference_v<T> && !std::ranges::enable_view<T> && !HanaStruct<T> && !isOfStd<T>();
template <class T, std::size_t I, class M>
inline constexpr bool mayBeView<MemberOf<T, I, M>> = mayBeView<M>;

/// Says why a T must not outlive its batch, where there is more to say than that it is a view, and answers true then: the
/// operator's own sentence is not needed. Else whether it may.
template <class T>
consteval bool mayOutlive()
{
    if constexpr (holdOf<T>() != Hold::unknown) return true;
    else {
        using Found = typename Culprit<T>::type;
        if constexpr (!ownsAll<Found> && mayBeView<Found>) {
            static_assert(ownsAll<Found>,
                          "sluice: what is kept beyond its batch must own what it shows, and this member (its struct, its place from 0, "
                          "its type) may be a view: it is a pointer, or is copied byte by byte and hides its members, or has a base "
                          "class. If it is none, say so of its type or of the struct: template <> inline constexpr bool "
                          "sluice::holdsNoViews<TheType> = true; else map it to one that owns, or specialise sluice::OwnedAs");
            return true;
        } else if constexpr (!ownsAll<Found>) {
            static_assert(ownsAll<Found>,
                          "sluice: what is kept beyond its batch must own what it shows, and this member (its struct, its place from 0, "
                          "its type) is a view: give the struct a std::string there, map it to one that owns, or specialise "
                          "sluice::OwnedAs for the struct");
            return true;
        } else if constexpr (mayBeView<Found>) {
            static_assert(
                holdsNoViews<Found>,
                "sluice: what is kept beyond its batch must own what it shows, and this type may be a view: it is a pointer, or "
                "is copied byte by byte and hides its members, or has a base class. If it is none, say so: template <> inline "
                "constexpr bool sluice::holdsNoViews<TheType> = true; else map it to one that owns, or specialise sluice::OwnedAs");
            return true;
        } else {
            return false;
        }
    }
}

template <class T>
struct OwnedType {
    using type = T;
};
template <class T>
    requires requires { typename OwnedAs<T>::type; }
struct OwnedType<T> {
    using type = typename OwnedAs<T>::type;
};
template <class A, class B>
struct OwnedType<std::pair<A, B>> {  // without const: what is kept can be assigned to
    using type = std::pair<typename OwnedType<std::remove_cv_t<A>>::type, typename OwnedType<std::remove_cv_t<B>>::type>;
};
template <class... Ts>
struct OwnedType<std::tuple<Ts...>> {
    using type = std::tuple<typename OwnedType<std::remove_cv_t<Ts>>::type...>;
};
template <class T>
struct OwnedType<std::optional<T>> {
    using type = std::optional<typename OwnedType<std::remove_cv_t<T>>::type>;
};
template <class T>
    requires(SequenceOf<T>::value && holdOf<T>() == Hold::covered)
struct OwnedType<T> {
    using type = typename SequenceOf<T>::template Rebind<typename OwnedType<typename SequenceOf<T>::Element>::type>;
};

}  // namespace detail

/// What the library stores of a T where it outlives its batch (collect, cache, state): T itself where T owns what it
/// shows, else its owning twin: `std::string` for `std::string_view`, through pairs, tuples, optionals and sequences.
///
/// ```cpp
/// static_assert(std::is_same_v<Owned<std::pair<std::string_view, int>>, std::pair<std::string, int>>);
/// CHECK(own(std::string_view{"abc"}) == std::string{"abc"});
/// ```
template <class T>
using Owned = typename detail::OwnedType<std::remove_cvref_t<T>>::type;

/// Whether the library knows how to keep a T beyond its batch.
///
/// ```cpp
/// static_assert(canOwn<std::string_view> && canOwn<int> && !canOwn<std::span<int>>);
/// CHECK(canOwn<std::string>);
/// ```
template <class T>
inline constexpr bool canOwn = detail::holdOf<std::remove_cvref_t<T>>() != detail::Hold::unknown;

/// The Owned<T> of a T. Moves where it is given a temporary that owns.
///
/// ```cpp
/// auto const kept = own(std::pair{std::string_view{"a"}, 1});
/// CHECK(kept.first == std::string{"a"});
/// ```
template <class R>
    requires canOwn<R>
constexpr Owned<R> own(R&& record)
{
    using T = std::remove_cvref_t<R>;
    if constexpr (detail::holdOf<T>() == detail::Hold::owns) {
        return static_cast<R&&>(record);
    } else if constexpr (detail::isTuple<T>) {
        return std::apply([](auto&&... member) { return Owned<T>{own(static_cast<decltype(member)&&>(member))...}; },
                          static_cast<R&&>(record));
    } else if constexpr (detail::OptionalOf<T>::value) {
        return record ? Owned<T>{own(*static_cast<R&&>(record))} : Owned<T>{};
    } else if constexpr (detail::SequenceOf<T>::value) {
        Owned<T> out;
        for (auto&& element : record) out.push_back(own(element));
        return out;
    } else {
        return OwnedAs<T>::own(record);
    }
}

namespace detail {

/// Whether a record that is pushed as an R can be kept: what owns has to be copied, or moved out of a temporary.
template <class R>
inline constexpr bool canKeepRecord = canOwn<R> && (holdOf<std::remove_cvref_t<R>>() != Hold::owns || std::is_convertible_v<R, Owned<R>>);

/// Whether it can be kept, and take the place of another one.
template <class R>
inline constexpr bool canReplaceRecord = canKeepRecord<R> && std::is_move_assignable_v<Owned<R>>;

// Why a function is refused, in terms of ownership.

/// Whether what is no template takes the owning twin of what it is given, and only that: text comes as
/// std::string_view, which does not become a std::string by itself.
template <class F, class R>
consteval bool takesOwnedAlone()
{
    if constexpr (holdOf<std::remove_cvref_t<R>>() != Hold::covered || CallableWith<F, R>) return false;
    else if constexpr (std::is_class_v<F> && !requires { &F::operator(); }) return false;
    else return CallableWith<F, Owned<R> const&>;
}
template <class F, class A, class B>
consteval bool combinesOwnedAlone()
{
    if constexpr (holdOf<std::remove_cvref_t<B>>() != Hold::covered || CombinerOf<F, A, B>) return false;
    else if constexpr (std::is_class_v<F> && !requires { &F::operator(); }) return false;
    else return CombinerOf<F, A, Owned<B> const&>;
}

/// Whether f answers with what owns, as a new std::string, where a view is kept of its answer: the bytes of that would be gone.
template <class F, class A, class B>
consteval bool combinesToTemporary()
{
    if constexpr (!CombinerOf<F, A, B> || holdOf<std::remove_cvref_t<A>>() == Hold::owns) return false;
    else {
        using Result = decltype(std::declval<F&>()(std::declval<A>(), std::declval<B>()));
        return !std::is_reference_v<Result> && !std::is_scalar_v<Result> && holdOf<Result>() == Hold::owns;
    }
}

/// Whether all that a T shows of its record's memory, it shows through views: copying it copies no byte of that
/// memory, so that what is a view into a T is a view into what T looks at. Scalars show nothing.
template <class T>
inline constexpr bool isView = std::ranges::enable_view<T>;
template <class T>
inline constexpr bool isView<T const> = isView<T>;
template <class T>
inline constexpr bool isViewOrScalar = isView<T> || std::is_scalar_v<T>;
template <class A, class B>
inline constexpr bool isView<std::pair<A, B>> = (isView<A> || isView<B>) && isViewOrScalar<A> && isViewOrScalar<B>;
template <class... Ts>
inline constexpr bool isView<std::tuple<Ts...>> = (isView<Ts> || ...) && (isViewOrScalar<Ts> && ...);
template <class T>
inline constexpr bool isView<std::optional<T>> = isView<T>;

template <class... Ms>
consteval bool areViews(TypeList<Ms...>);
template <class T>
    requires(SeenThrough<T> && !std::ranges::enable_view<T>)
inline constexpr bool isView<T> = areViews(MemberTypes<T>{});
template <class... Ms>
consteval bool areViews(TypeList<Ms...>)
{
    return (isView<Ms> || ...) && (isViewOrScalar<Ms> && ...);
}

template <class T, class... Within>
consteval bool canKeep();
template <class... Within, class... Ts>
consteval bool canKeepAll(TypeList<Ts...>)
{
    return (canKeep<Ts, Within...>() && ...);
}

/// Whether what is stored as a T now, by a source or as a letter, may wait for its batch; says why not as mayOutlive does.
template <class T>
consteval bool mayWait()
{
    if constexpr (holdOf<T>() == Hold::covered) return false;
    else return mayOutlive<T>();
}

/// Whether an Arena can keep what a T looks at.
template <class T, class... Within>
consteval bool canKeep()
{
    if constexpr (std::is_const_v<T>) return canKeep<std::remove_const_t<T>, Within...>();
    else if constexpr ((std::is_same_v<T, Within> || ...) || std::is_same_v<T, std::string_view>) return true;
    else if constexpr (holdOf<T>() == Hold::owns) return true;
    else if constexpr (std::is_array_v<T>) return canKeep<std::remove_all_extents_t<T>, Within...>();
    else if constexpr (isTuple<T>) return canKeepAll<Within...>(typename ElementsOf<T>::type{});
    else if constexpr (OptionalOf<T>::value) return canKeep<typename OptionalOf<T>::Element, Within...>();
    else if constexpr (SequenceOf<T>::value) return canKeep<typename SequenceOf<T>::Element, Within...>();
    else if constexpr (ArrayLike<T>) return canKeep<typename T::value_type, Within...>();
    else if constexpr (SeenThrough<T>) return canKeepAll<T, Within...>(MemberTypes<T>{});
    else return false;
}

/// Whether a T has views within structs: those have no owning twin, and are kept as they are, with what they look at in an arena.
template <class T>
inline constexpr bool keptByArena = !canOwn<T> && canKeep<T>();

/// Whether the library can keep a T for as long as it keeps an arena beside it.
template <class T>
inline constexpr bool canStore = canOwn<T> || canKeep<T>();

/// What is stored of a T for as long as a batch or a window lives: Owned<T>, or a T whose views look into an arena.
template <class T>
using Stored = typename std::conditional_t<keptByArena<T>, std::type_identity<T>, OwnedType<T>>::type;
/// Whether a record that is pushed as an R can be kept so.
template <class R, class T = std::remove_cvref_t<R>>
inline constexpr bool canStoreRecord = keptByArena<T> ? std::is_convertible_v<R, T> : canKeepRecord<R>;

/// Whether what is pushed as a T can be kept beyond the push: bytes made on the way go into an arena.
template <class Up, class T = ValueOf<Up>>
inline constexpr bool keepable = Up::stable || canKeep<T>();

/// Whether it can; where there is more to say of why not, it says so and answers true, as mayOutlive does.
template <class Up>
consteval bool mayKeep()
{
    if constexpr (keepable<Up>) return true;
    else if constexpr (mayBeView<typename Culprit<ValueOf<Up>>::type>) return mayOutlive<ValueOf<Up>>();
    else return false;
}

}  // namespace detail
}  // namespace sluice::inline SLUICE_ABI
