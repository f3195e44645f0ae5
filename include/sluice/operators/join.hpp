#pragma once

#include <sluice/exchange/join_exchange.hpp>
#include <sluice/operators/cogroup.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

template <bool left, bool right>
struct JoinKind {
    static constexpr bool leftMayLack = left;
    static constexpr bool rightMayLack = right;
    template <class By, class... Others>
    using Asks = Needs<MeetByKey<By, Others...>, need::MovableAll<Others...>, need::ValuesCopied<Others...>>;
    template <class Op, class... Ups>
    using Exchange = JoinExchange<Op, Ups...>;
    template <class Owner>
    using Batch = JoinBatch<Owner>;
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
