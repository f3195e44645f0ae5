#pragma once

#include <sluice/operators/join.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

template <class By>
struct RightOuterJoin : MeetingBase<RightOuterJoin<By>, Groups> {
    By by;
    Label label;

    RightOuterJoin(By how, CallSite at) : by(static_cast<By&&>(how)), label{"rightOuterJoin", at} {}

    template <bool streams>
    struct Kind {
        template <class S>
        static consteval void misplaced()
        {
            static_assert(isOfKind<S, streams>,
                          "sluice::rightOuterJoin(other): a stream is joined with a stream, a batch with a batch");
        }
    };
    template <class... Ups>
    using Values = KeepsValues<true, Ups...>;
    template <class... Others>
    using Asks = MeetByKey<RightOuterJoin, Others...>;
};

struct RightOuterJoinFn : OperatorFnBase {
    template <class S, Partitions P = MaybePartitions>
    [[nodiscard]] auto operator()(S other, P partitions = {}, CallSite at = CallSite::here()) const
    {
        static_assert(ofOneKind<S>, "sluice::rightOuterJoin(other): a stream is joined with a stream, a batch with a batch");
        return joinOf<Outer::right>(RightOuterJoin<ByOf<P>>{byOf(static_cast<P&&>(partitions), {"rightOuterJoin", at}), at}, std::move(other));
    }
};

}  // namespace detail

/// Each value of a key with each value of the same key of another stream or batch, or nothing with it where only the
/// other has some: `a | rightOuterJoin(b)`, `a | rightOuterJoin(b, 4)`, `a | rightOuterJoin(b, partitioner)`.
///
/// Wide, for pairs (K, V) and (K, W) whose keys have a common type. Result: pairs (K, (`std::optional<V>`, W)) for the
/// keys of b; keys that a has, too, stand before the others. Partitions, empty batches, *no RDD* and errors as in
/// `join`.
///
/// ```cpp
/// auto const ages = rdd({std::pair{'a', 30}, std::pair{'b', 25}});
/// auto const towns = rdd({std::pair{'c', 2.5}, std::pair{'b', 1.5}});
/// auto const out = ages | rightOuterJoin(towns) | collect();
/// CHECK(out[0] == std::pair{'b', std::pair{std::optional{25}, 1.5}});
/// CHECK(out[1] == std::pair{'c', std::pair{std::optional<int>{}, 2.5}});
/// ```
inline constexpr detail::RightOuterJoinFn rightOuterJoin{};

}  // namespace sluice::inline SLUICE_ABI
