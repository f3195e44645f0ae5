#pragma once

#include <sluice/batch/chain.hpp>
#include <sluice/exchange/join_exchange.hpp>
#include <sluice/operators/detail/meeting.hpp>
#include <sluice/operators/group_by_key.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

template <class... Others>
struct CommonKeyWith {
    template <class Up>
    using In = CommonKey<Up, Others...>;
};

template <class... Ks>
inline constexpr bool haveCommonType = requires { typename std::common_type_t<Ks...>; };
template <class... Ks>
inline constexpr bool haveHash = isKey<std::common_type_t<Ks...>>() && (isKey<Ks>() && ...);
template <class... Ks>
inline constexpr bool keepsKeys = canKeep<std::common_type_t<Ks...>>();

namespace need {

template <class... Others>
struct PairsEach {
    template <class Up>
    static constexpr bool holds = (ofPairs<Up> && ... && ofPairs<Others>);

    template <class Op, class Up>
    static consteval void explain()
    {
        static_assert(holds<Up>, "sluice: what meets by key must be pairs of a key and a value, on each side");
    }
};

/// Behind PairsEach.
template <class... Others>
struct KeysMeet {
    template <class Up>
    static consteval bool meet()
    {
        if constexpr (!haveCommonType<FirstOf<Up>, FirstOf<Others>...>) return false;
        else return haveHash<FirstOf<Up>, FirstOf<Others>...> && keepsKeys<FirstOf<Up>, FirstOf<Others>...>;
    }
    template <class Up>
    static constexpr bool holds = meet<Up>();

    template <class Op, class Up>
    static consteval void explain()
    {
        if constexpr ((isPointer<FirstOf<Up>> || ... || isPointer<FirstOf<Others>>)) {
            static_assert(holds<Up>, "sluice: a key must not be a pointer, whose address would be compared: use std::string_view for text");
        } else if constexpr (!haveCommonType<FirstOf<Up>, FirstOf<Others>...>) {
            static_assert(haveCommonType<FirstOf<Up>, FirstOf<Others>...>,
                          "sluice: keys that meet must be of one type, or convert to a common one: map those of one side");
        } else if constexpr (!haveHash<FirstOf<Up>, FirstOf<Others>...>) {
            static_assert(haveHash<FirstOf<Up>, FirstOf<Others>...>,
                          "sluice: keys that meet must have a hash (std::hash and == of its own are not used): "
                          "specialise sluice::KeyMembers for their type");
        } else {
            static_assert(holds<Up>, "sluice: keys that meet must be views of no type but std::string_view: map them to a type that owns");
        }
    }
};

/// Values that are handed on more than once.
template <class... Others>
struct ValuesCopied {
    template <class Up>
    static constexpr bool holds = (std::is_copy_constructible_v<SecondOf<Up>> && ... && std::is_copy_constructible_v<SecondOf<Others>>);

    template <class Op, class Up>
    static consteval void explain()
    {
        static_assert(holds<Up>, "sluice: values that meet must be copyable: each may meet several");
    }
};

}  // namespace need

/// That batches of pairs meet by key.
template <class By, class... Others>
using MeetByKey = Needs<need::PairsEach<Others...>, need::KeysMeet<Others...>, need::Placed<By, CommonKeyWith<Others...>::template In>>;

/// Of one side: nothing but whether it has the key.
struct Seen {
    bool seen = false;
};

/// Two members make a pair, more a tuple.
template <class... Ts>
struct MembersOf {
    using type = std::tuple<Ts...>;
};
template <class A, class B>
struct MembersOf<A, B> {
    using type = std::pair<A, B>;
};

/// What holds the values of one key and one side. Users are given vectors.
template <class V>
using VectorOf = std::vector<V>;
template <class V>
using ChainOf = typename std::conditional_t<std::is_trivially_destructible_v<V> && alignof(V) <= Arena::alignment,
                                            std::type_identity<Chain<V>>, std::type_identity<std::vector<V>>>::type;
template <class V>
using NothingOf = Seen;

template <template <class> class Mine, template <class> class Theirs, class Up, class... Others>
struct SidesOfKey : MembersOf<Mine<SecondOf<Up>>, Theirs<SecondOf<Others>>...> {};

/// For each key its values on each side, in Mine of the first side and in Theirs of the others.
template <class Op, template <class> class Mine, template <class> class Theirs, class... Ups>
struct Groups : OfOperator<Op> {
    using Key = CommonKey<Ups...>;
    using Value = typename SidesOfKey<Mine, Theirs, Ups...>::type;
    template <std::size_t>
    static constexpr bool keyed = true;
    template <std::size_t I>
    using Up = std::tuple_element_t<I, std::tuple<Ups...>>;
    template <std::size_t I>
    static constexpr bool keeps = !Up<I>::stable;
    /// A key that owns its bytes becomes a view where another upstream has views: those bytes may go with the record.
    template <std::size_t I>
    static constexpr bool keepsKey = keeps<I> || (!std::is_same_v<FirstOf<Up<I>>, Key> && !Up<I>::stored);

    /// As the common key type: the hash must be the same for all.
    template <std::size_t I, class R>
    decltype(auto) key(Side<I>, R const& record) const
    {
        return asKey<Key>(std::get<0>(record));
    }

    template <std::size_t I, class K, class R>
    std::pair<Key, Value> create(Side<I>, Arena& arena, K const& key, R&& record) const
    {
        std::pair<Key, Value> entry{kept<keepsKey<I>>(arena, key), Value{}};
        add(Side<I>{}, arena, entry.second, static_cast<R&&>(record));
        return entry;
    }

    template <std::size_t I, class R>
    void add(Side<I>, Arena& arena, Value& value, R&& record) const
    {
        auto& side = std::get<I>(value);
        if constexpr (std::is_same_v<decltype(side), Seen&>) side.seen = true;
        else if constexpr (requires { side.append(side); }) side.add(arena, kept<keeps<I>>(arena, std::get<1>(static_cast<R&&>(record))));
        else side.push_back(kept<keeps<I>>(arena, std::get<1>(static_cast<R&&>(record))));
    }

    void merge(Arena&, Value& value, Value&& other) const
    {
        [&]<std::size_t... I>(std::index_sequence<I...>) {
            (mergeSide(std::get<I>(value), std::move(std::get<I>(other))), ...);
        }(std::index_sequence_for<Ups...>{});
    }

private:
    static void mergeSide(Seen& side, Seen other) { side.seen = side.seen || other.seen; }
    template <class T>
    static void mergeSide(Chain<T>& side, Chain<T> other)
    {
        side.append(other);
    }
    template <class T>
    static void mergeSide(std::vector<T>& side, std::vector<T>&& other)
    {
        Grouping::merge(side, std::move(other));
    }
};

struct Cogroup : MeetInTables {
    static constexpr char const* spelled = "cogroup";
    template <class By, class... Others>
    using Asks = Needs<MeetByKey<By, Others...>, need::MovableAll<Others...>>;
    template <class Op, class... Ups>
    using Exchange = KeyedExchange<Groups<Op, VectorOf, VectorOf, Ups...>, Ups...>;
};

struct CogroupFn : OfSeveral<CogroupFn> {
    /// Last may stand a number of partitions, or a partitioner.
    template <class... Ss>
    static auto make(CallSite at, Ss... all)
    {
        constexpr bool told = Partitions<LastArgument<Ss...>>;
        constexpr std::size_t others = sizeof...(Ss) - (told ? 1 : 0);
        static_assert(others > 0 && (others == (std::size_t{0} + ... + isDStream<Ss>) || others == (std::size_t{0} + ... + isRDD<Ss>)),
                      "sluice: a stream meets streams, a batch meets batches");
        if constexpr (told) {
            return withLastFirst(
                [at](auto& by, auto&... other) {
                    using Told = Meeting<Cogroup, ByOf<LastArgument<Ss...>>>;
                    return together(Told{byOf(std::move(by), {Cogroup::spelled, at}), at}, std::move(other)...);
                },
                all...);
        } else {
            return together(Meeting<Cogroup, ByHash>{{0}, at}, std::move(all)...);
        }
    }
};

}  // namespace detail

/// All values of each key, of this and of other streams or batches: `a | cogroup(b)`, `a | cogroup(b, c, 4)`; last may stand
/// a number of partitions or a partitioner.
///
/// Wide, for pairs (K, V), (K, W), … whose keys have a common type. Result: pairs (K, (values of a, values of b, …)), a
/// pair of two `std::vector`s or a tuple of more, for each key of any of them, in the order of first occurrence
/// (a, b, …; partition; position). What is partitioned as the result will be is not exchanged. Empty batches give empty
/// groups. Streams must belong to one context and have one slide duration (`InvalidArgument`); *no RDD* of any of them
/// is a `StreamError`.
///
/// ```cpp
/// auto const ages = rdd({std::pair{'a', 30}, std::pair{'b', 25}});
/// auto const towns = rdd({std::pair{'b', 1.5}, std::pair{'a', 2.5}, std::pair{'a', 3.5}});
/// auto const out = ages | cogroup(towns) | collect();
/// CHECK(out[0].first == 'a');
/// CHECK(out[0].second == std::pair{std::vector{30}, std::vector{2.5, 3.5}});
/// ```
inline constexpr detail::CogroupFn cogroup{};

}  // namespace sluice::inline SLUICE_ABI
