#pragma once

#include <sluice/operators/cogroup.hpp>

#include <optional>

namespace sluice::inline SLUICE_ABI {

namespace detail {

template <bool optional, class V>
using Joined = std::conditional_t<optional, std::optional<V>, V>;

/// Calls f for each value of a group; where there is none and that is an answer, with nothing.
template <bool optional, class Group, class F>
bool eachJoined(Group const& group, F const& f)
{
    if constexpr (optional) {
        if (group.empty()) return f(std::optional<typename Group::value_type>{});
    }
    for (auto const& value : group) {
        if (!f(value)) return false;
    }
    return true;
}

/// Each value of one side with each of the other.
template <bool leftMayLack, bool rightMayLack>
struct JoinedPairs {
    static constexpr bool once = false;
    static constexpr bool keepsKeys = true;
    template <class Entry>
    using Record =
        std::pair<typename Entry::first_type, std::pair<Joined<leftMayLack, typename Entry::second_type::first_type::value_type>,
                                                        Joined<rightMayLack, typename Entry::second_type::second_type::value_type>>>;

    template <class Entry, class Next>
    static bool push(Entry const& entry, Next& next)
    {
        auto const& groups = entry.second;  // clang 14 captures no structured bindings
        return eachJoined<leftMayLack>(groups.first, [&](auto const& v) {
            return eachJoined<rightMayLack>(groups.second, [&](auto const& w) { return next(Record<Entry>(entry.first, {v, w})); });
        });
    }
};

/// A join in two steps: the groups of each key, and the pairs out of them.
template <bool leftMayLack, bool rightMayLack>
struct JoinKind {
    using Records = JoinedPairs<leftMayLack, rightMayLack>;
    template <class By, class... Others>
    using Asks = Needs<MeetByKey<By, Others...>, need::MovableAll<Others...>, need::ValuesCopied<Others...>>;
    template <class Op, class... Ups>
    using Met = Groups<Op, ChainOf, ChainOf, Ups...>;
};

struct Join : JoinKind<false, false> {
    static constexpr char const* spelled = "join";
};
struct LeftOuterJoin : JoinKind<false, true> {
    static constexpr char const* spelled = "leftOuterJoin";
};
struct RightOuterJoin : JoinKind<true, false> {
    static constexpr char const* spelled = "rightOuterJoin";
};
struct FullOuterJoin : JoinKind<true, true> {
    static constexpr char const* spelled = "fullOuterJoin";
};

}  // namespace detail

/// Each value of a key with each value of the same key of another stream or batch: `a | join(b)`, `a | join(b, 4)`,
/// `a | join(b, partitioner)`.
///
/// Wide, for pairs (K, V) and (K, W) whose keys have a common type. Result: pairs (K, (V, W)) for the keys that both
/// have: keys in the order of first occurrence, for each value of a all those of b. What is partitioned as the result
/// will be is not exchanged. An empty batch gives an empty one. Streams must belong to one context and have one slide
/// duration (`InvalidArgument`); *no RDD* of either is a `StreamError`.
///
/// ```cpp
/// auto const ages = rdd({std::pair{'a', 30}, std::pair{'b', 25}});
/// auto const towns = rdd({std::pair{'b', 1.5}, std::pair{'c', 2.5}});
/// CHECK((ages | join(towns) | collect()) == std::vector{std::pair{'b', std::pair{25, 1.5}}});
/// ```
inline constexpr detail::MeetingMaker<detail::Join> join{};

}  // namespace sluice::inline SLUICE_ABI
