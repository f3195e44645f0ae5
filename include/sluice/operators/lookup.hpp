#pragma once

#include <sluice/batch/key.hpp>
#include <sluice/operators/collect.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

template <class T>
inline constexpr bool isText = std::is_convertible_v<T const&, std::string_view>;

/// Whether a key of one type may be one of another: numbers by value, text by its bytes, tuples by their members.
template <class A, class B>
consteval bool canMatch()
{
    if constexpr (std::is_arithmetic_v<A> && std::is_arithmetic_v<B>) return true;
    else if constexpr (isText<A> || isText<B>) return isText<A> && isText<B>;
    else if constexpr (std::is_same_v<A, B> && isKey<A>()) return true;
    else if constexpr (isTuple<A> && isTuple<B>) {
        if constexpr (std::tuple_size_v<A> != std::tuple_size_v<B>) return false;
        else
            return []<std::size_t... I>(std::index_sequence<I...>) {
                return (canMatch<std::remove_cv_t<std::tuple_element_t<I, A>>, std::remove_cv_t<std::tuple_element_t<I, B>>>() && ...);
            }(std::make_index_sequence<std::tuple_size_v<A>>{});
    } else return false;
}

template <class A, class B>
constexpr bool keysMatch(A const& a, B const& b)
{
    if constexpr (std::is_integral_v<A> && std::is_integral_v<B>) {
        return std::cmp_equal(+a, +b);
    } else if constexpr (std::is_arithmetic_v<A> && std::is_arithmetic_v<B>) {
        auto const x = static_cast<std::common_type_t<A, B>>(a);
        auto const y = static_cast<std::common_type_t<A, B>>(b);
        return x == y || (x != x && y != y);  // as keys, NaN equals NaN
    } else if constexpr (isText<A>) {
        return std::string_view{a} == std::string_view{b};
    } else if constexpr (isTuple<A> && isTuple<B>) {
        return [&]<std::size_t... I>(std::index_sequence<I...>) {
            return (keysMatch(std::get<I>(a), std::get<I>(b)) && ...);
        }(std::make_index_sequence<std::tuple_size_v<A>>{});
    } else {
        return sameKey(a, b);
    }
}

template <class K, class V>
struct LookupSink {
    K const* key;
    CollectSink<V> found;

    template <class R>
    constexpr bool operator()(R&& record)
    {
        if (keysMatch(std::get<0>(record), *key)) found(std::get<1>(static_cast<R&&>(record)));
        return true;
    }
    constexpr std::vector<V> take() && { return std::move(found).take(); }
};

/// Behind Pairs.
template <class K>
struct LooksLikeKey {
    template <class Up>
    static constexpr bool holds = canMatch<FirstOf<Up>, K>();

    template <class Op, class Up>
    static consteval void explain()
    {
        static_assert(holds<Up>,
                      "sluice::lookup(key): key must be comparable with the pairs' keys: of their type, a number for a number, "
                      "any text for text");
    }
};

/// Behind Pairs: their values.
struct KeepsValue {
    template <class Up>
    static constexpr bool holds = canKeepRecord<SecondIn<Up>>;

    template <class Op, class Up>
    static consteval void explain()
    {
        if constexpr (!canOwn<SecondOf<Up>>) {
            static_assert(mayOutlive<SecondOf<Up>>(),
                          "sluice::lookup(key): the values must not be views of a type that the library cannot "
                          "own: map them to one that owns what it shows, or specialise sluice::OwnedAs");
        } else {
            static_assert(holds<Up>, "sluice::lookup(key): the values must be copyable, to be kept beyond the batch");
        }
    }
};

template <class K>
struct Lookup : ActionBase, Needs<need::Pairs, need::NoPointer<FirstOf>, LooksLikeKey<K>, KeepsValue> {
    K key;
    Label label;

    constexpr Lookup(K k, CallSite at) : key(std::move(k)), label{"lookup", at} {}

    template <class Up>
    constexpr auto run(Up const& up) const
    {
        return gathered(up, [this] { return LookupSink<K, Owned<typename ValueOf<Up>::second_type>>{&key, {}}; });
    }
};

}  // namespace detail

/// The values of one key, in the order of the batch, as an owning `std::vector`: text comes as `std::string`.
///
/// Action, on batches only, for pairs (K, V): in a stream use `foreachRDD`. The key is one of K, another number where K is
/// one (by value: -1 is no `unsigned`), any text where K is text, and of pairs and tuples the same for each member; NaN
/// equals NaN. All partitions are looked through, at the same time where there are workers. An empty batch, or a key that is
/// not there, gives an empty vector.
///
/// ```cpp
/// auto const pairs = rdd({std::pair{"a"s, 1}, std::pair{"b"s, 2}, std::pair{"a"s, 3}}, 2);
/// CHECK((pairs | lookup("a")) == std::vector{1, 3});
/// CHECK((pairs | lookup("c"sv)).empty());
/// ```
inline constexpr detail::FunctionMaker<detail::Lookup> lookup{};

}  // namespace sluice::inline SLUICE_ABI
