#pragma once

#include <sluice/operators/cogroup.hpp>

#include <optional>

namespace sluice::inline SLUICE_ABI {

namespace detail {

/// Which keys a join gives besides those that both sides have.
enum class Outer { none, left, right, full };

template <bool optional, class V>
using Joined = std::conditional_t<optional, std::optional<V>, V>;

/// Calls f for each value of a group; where there is none and that is an answer, with nothing.
template <bool optional, class V, class F>
bool eachJoined(std::vector<V> const& group, F const& f)
{
    if constexpr (optional) {
        if (group.empty()) return f(std::optional<V>{});
    }
    for (auto const& value : group) {
        if (!f(value)) return false;
    }
    return true;
}

template <class Op, class Next>
struct JoinStep {
    [[no_unique_address]] Next next;

    template <class R>
    bool operator()(R&& record)
    {
        using Pair = typename Op::template PairOf<std::remove_cvref_t<R>>;
        auto const& groups = record.second;  // clang 14 captures no structured bindings
        return eachJoined<Op::leftMayLack>(groups.first, [&](auto const& v) {
            return eachJoined<Op::rightMayLack>(groups.second, [&](auto const& w) { return next(Pair(record.first, {v, w})); });
        });
    }
};

/// Makes the pairs of a join out of its groups: each value of one side with each of the other.
template <Outer outer>
struct JoinPairs : NarrowBase {
    Label label;
    static constexpr bool resumable = false;
    static constexpr bool keepsKeys = true;
    static constexpr bool leftMayLack = outer == Outer::right || outer == Outer::full;
    static constexpr bool rightMayLack = outer == Outer::left || outer == Outer::full;

    template <class R>
    using PairOf = std::pair<typename R::first_type,
                             std::pair<Joined<leftMayLack, typename R::second_type::first_type::value_type>,
                                       Joined<rightMayLack, typename R::second_type::second_type::value_type>>>;

    static constexpr bool within = true;
    template <class Up>
    using Record = PairOf<ValueOf<Up>>;
    template <class Up>
    static constexpr bool stored = false;
    template <class Up>
    static constexpr bool stable = Up::stable;
    template <class Up>
    static constexpr bool accepts = true;
    template <class Up>
    static consteval void require()
    {
    }

    template <class Next>
    auto before(Next next) const
    {
        return JoinStep<JoinPairs, Next>{static_cast<Next&&>(next)};
    }
};

/// A join in two steps: the groups of each key, and the pairs out of them.
template <Outer outer, class Op, class S>
auto joinOf(Op op, S other)
{
    Label const label = op.label;
    return together(static_cast<Op&&>(op), std::move(other)) | JoinPairs<outer>{{}, label};
}

template <class By>
struct Join : MeetingBase<Join<By>, Groups> {
    By by;
    Label label;

    Join(By how, CallSite at) : by(static_cast<By&&>(how)), label{"join", at} {}

    template <bool streams>
    struct Kind {
        template <class S>
        static consteval void misplaced()
        {
            static_assert(isOfKind<S, streams>, "sluice::join(other): a stream is joined with a stream, a batch with a batch");
        }
    };
    template <class... Ups>
    using Values = KeepsValues<true, Ups...>;
    template <class... Others>
    using Asks = MeetByKey<Join, Others...>;
};

struct JoinFn : OperatorFnBase {
    template <class S, Partitions P = MaybePartitions>
    [[nodiscard]] auto operator()(S other, P partitions = {}, CallSite at = CallSite::here()) const
    {
        static_assert(ofOneKind<S>, "sluice::join(other): a stream is joined with a stream, a batch with a batch");
        return joinOf<Outer::none>(Join<ByOf<P>>{byOf(static_cast<P&&>(partitions), {"join", at}), at}, std::move(other));
    }
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
inline constexpr detail::JoinFn join{};

}  // namespace sluice::inline SLUICE_ABI
