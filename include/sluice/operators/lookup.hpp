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
        else return []<std::size_t... I>(std::index_sequence<I...>) {
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

template <class Up, class K>
inline constexpr bool keyMatches = canMatch<std::remove_cv_t<typename ValueOf<Up>::first_type>, K>();

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
};

template <class K>
struct Lookup : ActionBase {
    K key;
    Label label;

    constexpr Lookup(K k, CallSite at) : key(static_cast<K&&>(k)), label{"lookup", at} {}

    /// What is pushed of a pair's value.
    template <class Up>
    using Member = decltype(std::get<1>(std::declval<RecordOf<Up>>()));

    template <class Up>
    static consteval bool fits()
    {
        if constexpr (!isPair<ValueOf<Up>>) return false;
        else if constexpr (std::is_pointer_v<typename ValueOf<Up>::first_type>) return false;
        else return keyMatches<Up, K> && canKeepRecord<Member<Up>>;
    }

    template <class Up>
    static constexpr bool accepts = fits<Up>();

    template <class Up>
    static consteval void require()
    {
        using P = ValueOf<Up>;
        static_assert(isPair<P>, "sluice::lookup(key): the records must be pairs of a key and a value");
        if constexpr (isPair<P>) {
            using V = typename P::second_type;
            static_assert(!std::is_pointer_v<typename P::first_type>,
                          "sluice::lookup(key): the pairs' key must not be a pointer, whose address would be compared: "
                          "use std::string_view for text");
            if constexpr (!std::is_pointer_v<typename P::first_type>) {
                static_assert(keyMatches<Up, K>,
                              "sluice::lookup(key): key must be comparable with the pairs' keys: of their type, a "
                              "number for a number, any text for text");
            }
            if constexpr (keyMatches<Up, K>) {
                static_assert(mayOutlive<V>(),
                              "sluice::lookup(key): the values must not be views of a type that the library cannot own: "
                              "map them to one that owns what it shows, or specialise sluice::OwnedAs");
                if constexpr (canOwn<V>) {
                    static_assert(canKeepRecord<Member<Up>>,
                                  "sluice::lookup(key): the values must be copyable, to be kept beyond the batch");
                }
            }
        }
    }

    template <class S>
    static consteval void misplaced()
    {
        static_assert(isRDD<S>,
                      "sluice::lookup(key): must stand behind a batch; in a stream write foreachRDD(f), "
                      "and in f: batch | lookup(key)");
    }

    template <class Up>
    constexpr auto run(Up const& up) const
    {
        using V = Owned<typename ValueOf<Up>::second_type>;
        PerPartition<std::vector<V>> parts{up.partitions()};
        forPartitions(up, [&](std::size_t p) {
            LookupSink<K, V> sink{&key, {}};
            up.each(p, 0, sink);
            parts[p] = std::move(sink.found).take();
        });
        return concatParts(parts);
    }
};

struct LookupFn : OperatorFnBase {
    template <class K>
    [[nodiscard]] constexpr auto operator()(K key, CallSite at = CallSite::here()) const
    {
        return Lookup<K>{static_cast<K&&>(key), at};
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
inline constexpr detail::LookupFn lookup{};

}  // namespace sluice::inline SLUICE_ABI
