#pragma once

#include <sluice/operators/group_by_key.hpp>
#include <sluice/stream/dstream.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

/// The key type of several batches of pairs.
template <class... Ups>
using CommonKey = std::common_type_t<FirstOf<Ups>...>;

/// A key as one of that type.
template <class Common, class K>
decltype(auto) asKey(K const& key)
{
    if constexpr (std::is_same_v<K, Common>) return (key);
    else return Common(key);
}

/// Two members make a pair, more a tuple.
template <class... Ts>
struct MembersOf {
    using type = std::tuple<Ts...>;
};
template <class A, class B>
struct MembersOf<A, B> {
    using type = std::pair<A, B>;
};

/// The values of each key, a group for each upstream: what cogroup gives, and joins read.
template <class Op, class... Ups>
struct Groups {
    using Key = CommonKey<Ups...>;
    using Value = typename MembersOf<std::vector<SecondOf<Ups>>...>::type;
    template <std::size_t>
    static constexpr bool keyed = true;
    template <std::size_t I>
    using Up = std::tuple_element_t<I, std::tuple<Ups...>>;
    template <std::size_t I>
    static constexpr bool keeps = !Up<I>::stable;
    /// A key that owns its bytes becomes a view where another upstream has views: those bytes may go with the record.
    template <std::size_t I>
    static constexpr bool keepsKey = keeps<I> || (!std::is_same_v<FirstOf<Up<I>>, Key> && !Up<I>::stored);

    Counted<Box<Op>> op;

    [[nodiscard]] auto const& by() const { return op->value.by; }
    [[nodiscard]] Label const& label() const { return op->value.label; }

    /// As the common key type: the hash must be the same for all.
    template <std::size_t I, class R>
    decltype(auto) key(Input<I>, R const& record) const
    {
        return asKey<Key>(std::get<0>(record));
    }

    template <std::size_t I, class K, class R>
    std::pair<Key, Value> create(Input<I>, Arena& arena, K const& key, R&& record) const
    {
        std::pair<Key, Value> entry{kept<keepsKey<I>>(arena, key), Value{}};
        add(Input<I>{}, arena, entry.second, static_cast<R&&>(record));
        return entry;
    }

    template <std::size_t I, class R>
    void add(Input<I>, Arena& arena, Value& value, R&& record) const
    {
        std::get<I>(value).push_back(kept<keeps<I>>(arena, std::get<1>(static_cast<R&&>(record))));
    }

    void merge(Arena&, Value& value, Value&& other) const
    {
        [&]<std::size_t... I>(std::index_sequence<I...>) {
            (Grouping::merge(std::get<I>(value), std::move(std::get<I>(other))), ...);
        }(std::index_sequence_for<Ups...>{});
    }
};

// Why batches of pairs cannot meet by key. Each is asked about what those before it leave.
template <class... Ks>
inline constexpr bool haveCommonType = requires { typename std::common_type_t<Ks...>; };
template <class... Ks>
inline constexpr bool haveHash = isKey<std::common_type_t<Ks...>>() && (isKey<Ks>() && ...);
template <class By, class... Ks>
inline constexpr bool placesKeys = partitions<By, std::common_type_t<Ks...>> && (partitions<By, Ks> && ...);
template <class... Ks>
inline constexpr bool keepsKeys = canKeep<std::common_type_t<Ks...>>();

enum class Meeting { works, noPairs, pointers, otherKeys, noHash, notPlaced, viewKeys, views, moveOnly };

template <class... Ups>
inline constexpr bool movableAll = (movable<Ups> && ...);

/// Those of which the values are kept; `copies`: and copied, too.
template <bool copies, class... Ups>
struct KeepsValues {
    static constexpr bool owned = (mayMeet<ValueOf<Ups>> && ...);
    static constexpr bool hold = movableAll<Ups...> && (!copies || (std::is_copy_constructible_v<SecondOf<Ups>> && ...));
};

/// What hinders batches of pairs from meeting by key.
template <class By, class Values, class... Ups>
consteval Meeting meetingOf()
{
    if constexpr (!(ofPairs<Ups> && ...)) return Meeting::noPairs;
    else if constexpr ((isPointer<FirstOf<Ups>> || ...)) return Meeting::pointers;
    else if constexpr (!haveCommonType<FirstOf<Ups>...>) return Meeting::otherKeys;
    else if constexpr (!haveHash<FirstOf<Ups>...>) return Meeting::noHash;
    else if constexpr (!placesKeys<By, FirstOf<Ups>...>) return Meeting::notPlaced;
    else if constexpr (!keepsKeys<FirstOf<Ups>...>) return Meeting::viewKeys;
    else if constexpr (!(keepable<Ups> && ...) || !Values::owned) return Meeting::views;
    else if constexpr (!Values::hold) return Meeting::moveOnly;
    else return Meeting::works;
}

/// What Op, which has `by` and `Values<Ups...>`, asks of the batch before it: one sentence for each hindrance, in which the
/// compiler shows the types.
template <class Op, class... Others>
struct MeetByKey {
    using By = decltype(Op::by);
    template <class Up>
    static constexpr Meeting meeting = meetingOf<By, typename Op::template Values<Up, Others...>, Up, Others...>();
    template <class Up>
    static constexpr bool accepts = meeting<Up> == Meeting::works;

    template <class Up>
    static consteval void require()
    {
        static_assert(meeting<Up> != Meeting::noPairs, "sluice: what meets by key must be pairs of a key and a value, on each side");
        static_assert(meeting<Up> != Meeting::pointers,
                      "sluice: a key must not be a pointer, whose address would be compared: use std::string_view for text");
        if constexpr (meeting<Up> == Meeting::otherKeys) {
            static_assert(haveCommonType<FirstOf<Up>, FirstOf<Others>...>,
                          "sluice: keys that meet must be of one type, or convert to a common one: map those of one side");
        }
        if constexpr (meeting<Up> == Meeting::noHash) {
            static_assert(haveHash<FirstOf<Up>, FirstOf<Others>...>,
                          "sluice: keys that meet must have a hash (std::hash and == of its own are not used): "
                          "specialise sluice::KeyMembers for their type");
        }
        if constexpr (meeting<Up> == Meeting::notPlaced) {
            static_assert(placesKeys<By, FirstOf<Up>, FirstOf<Others>...>,
                          "sluice: the partitioner must answer partition(key) for the keys of each side, and compare by ==");
        }
        if constexpr (meeting<Up> == Meeting::viewKeys) {
            static_assert(keepsKeys<FirstOf<Up>, FirstOf<Others>...>,
                          "sluice: keys that meet must be views of no type but std::string_view: map them to a type that owns");
        }
        if constexpr (meeting<Up> == Meeting::views) {
            static_assert((mayNotKeep<Up>() || ... || mayNotKeep<Others>()),
                          "sluice: pairs that meet by key must not hold views of a type that the library cannot keep: map them to a type "
                          "that owns");
        }
        static_assert(meeting<Up> != Meeting::moveOnly, "sluice: keys and values that meet must be copyable");
    }
};

/// A wide operator over several upstreams, which are batches or streams: `others`. `Op` is the operator itself, with
///
///   by, label
///   Exchange<Ups...>                     as of any wide operator
///   Asks<Others...>                      its accepts and require, of the batch before it and those of the others
///   Kind<streams>                        its misplaced<S>() says that a batch cannot stand among streams
template <class Op, class Nodes, class Base>
struct Together;

template <class Op, class... Nodes>
struct Together<Op, std::tuple<Nodes...>, BatchOpBase>
    : BatchOpBase, Op::template Kind<false>, Op::template Asks<Nodes...> {
    Op op;
    std::tuple<Nodes...> others;
    Label label;

    Together(Op o, std::tuple<Nodes...> all) : op(static_cast<Op&&>(o)), others(std::move(all)), label(op.label) {}

    template <class Up>
    auto on(Up up) const
    {
        return std::apply(
            [&](auto const&... other) { return exchanged(op, static_cast<Up&&>(up), other...).node(); }, others);
    }
};

template <class Op, class... Nodes>
struct Together<Op, std::tuple<Nodes...>, StreamOpBase>
    : StreamOpBase, Op::template Kind<true>, Op::template Asks<typename Nodes::Batch...> {
    Op op;
    std::tuple<Nodes...> others;
    Label label;

    Together(Op o, std::tuple<Nodes...> all) : op(static_cast<Op&&>(o)), others(std::move(all)), label(op.label) {}

    template <class Node>
    auto attach(Node node) const
    {
        return std::apply(
            [&](auto const&... other) { return nodeStream<WideNode>(op, static_cast<Node&&>(node), other...); }, others);
    }
};

/// The operator with the others that it was given: all of them streams, or all of them batches.
template <class Op, class... Ss>
auto together(Op op, Ss... others)
{
    constexpr bool streams = (isDStream<Ss> && ...);
    constexpr bool batches = (isRDD<Ss> && ...);
    if constexpr (streams || batches) {
        using Nodes = std::tuple<std::remove_cvref_t<decltype(others.node())>...>;
        return Together<Op, Nodes, std::conditional_t<streams, StreamOpBase, BatchOpBase>>{
            static_cast<Op&&>(op), Nodes{std::move(others).node()...}};
    } else {
        return Refused{};
    }
}

/// A wide operator over several upstreams of pairs, which meet as `Meeting<Op, Ups...>` says.
template <class Op, template <class, class...> class Meeting>
struct MeetingBase : WideBase {
    template <class... Ups>
    using Exchange = KeyedExchange<Meeting<Op, Ups...>, Ups...>;
    template <class... Ups>
    using Batch = StoredBatch<Exchange<Ups...>>;

    template <class... Ups>
    static void describe(Exchange<Ups...>& exchange, Counted<Box<Op>> const& op, Ups... ups)
    {
        exchange.describe({op}, static_cast<Ups&&>(ups)...);
    }
};

template <class By>
struct Cogroup : MeetingBase<Cogroup<By>, Groups> {
    By by;
    Label label;

    Cogroup(By how, CallSite at) : by(static_cast<By&&>(how)), label{"cogroup", at} {}

    template <bool streams>
    struct Kind {
        template <class S>
        static consteval void misplaced()
        {
            static_assert(isOfKind<S, streams>, "sluice::cogroup(others): a stream meets streams, a batch meets batches");
        }
    };
    template <class... Ups>
    using Values = KeepsValues<false, Ups...>;
    template <class... Others>
    using Asks = MeetByKey<Cogroup, Others...>;
};

struct CogroupFn : OperatorFnBase {
    template <class S>
    [[nodiscard]] auto operator()(S other, CallSite at = CallSite::here()) const
    {
        return make<ByHash>({0}, at, std::move(other));
    }
    template <class S, class B>
        requires(!std::is_same_v<B, CallSite>)
    [[nodiscard]] auto operator()(S other, B second, CallSite at = CallSite::here()) const
    {
        if constexpr (Partitions<B>) return make<ByOf<B>>(byOf(static_cast<B&&>(second), {"cogroup", at}), at, std::move(other));
        else return make<ByHash>({0}, at, std::move(other), std::move(second));
    }
    template <class S, class S2, class B>
        requires(!std::is_same_v<B, CallSite>)
    [[nodiscard]] auto operator()(S a, S2 b, B third, CallSite at = CallSite::here()) const
    {
        if constexpr (Partitions<B>) {
            return make<ByOf<B>>(byOf(static_cast<B&&>(third), {"cogroup", at}), at, std::move(a), std::move(b));
        } else {
            return make<ByHash>({0}, at, std::move(a), std::move(b), std::move(third));
        }
    }
    template <class S, class S2, class S3, Partitions B>
    [[nodiscard]] auto operator()(S a, S2 b, S3 c, B partitions, CallSite at = CallSite::here()) const
    {
        return make<ByOf<B>>(byOf(static_cast<B&&>(partitions), {"cogroup", at}), at, std::move(a), std::move(b), std::move(c));
    }

private:
    template <class By, class... Ss>
    static auto make(By by, CallSite at, Ss... others)
    {
        static_assert(ofOneKind<Ss...>, "sluice::cogroup(others): a stream meets streams, a batch meets batches");
        return together(Cogroup<By>{static_cast<By&&>(by), at}, std::move(others)...);
    }
};

}  // namespace detail

/// All values of each key, of this and up to three other streams or batches: `a | cogroup(b)`, `a | cogroup(b, c, 4)`;
/// last may stand a number of partitions or a partitioner.
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
