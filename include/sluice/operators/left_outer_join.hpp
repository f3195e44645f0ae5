#pragma once

#include <sluice/operators/join.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

template <class By>
struct LeftOuterJoin : MeetingBase<LeftOuterJoin<By>, Groups> {
    By by;
    Label label;

    LeftOuterJoin(By how, CallSite at) : by(static_cast<By&&>(how)), label{"leftOuterJoin", at} {}

    template <bool streams>
    struct Kind {
        template <class S>
        static consteval void misplaced()
        {
            static_assert(isOfKind<S, streams>,
                          "sluice::leftOuterJoin(other): a stream is joined with a stream, a batch with a batch");
        }
    };
    template <class... Ups>
    using Values = KeepsValues<true, Ups...>;
    template <class... Others>
    using Asks = MeetByKey<LeftOuterJoin, Others...>;
};

struct LeftOuterJoinFn : OperatorFnBase {
    template <class S, Partitions P = MaybePartitions>
    [[nodiscard]] auto operator()(S other, P partitions = {}, CallSite at = CallSite::here()) const
    {
        static_assert(ofOneKind<S>, "sluice::leftOuterJoin(other): a stream is joined with a stream, a batch with a batch");
        return joinOf<Outer::left>(LeftOuterJoin<ByOf<P>>{byOf(static_cast<P&&>(partitions), {"leftOuterJoin", at}), at}, std::move(other));
    }
};

}  // namespace detail

/// Each value of a key with each value of the same key of another stream or batch, or with nothing where the other has
/// none: `a | leftOuterJoin(b)`, `a | leftOuterJoin(b, 4)`, `a | leftOuterJoin(b, partitioner)`.
///
/// Wide, for pairs (K, V) and (K, W) whose keys have a common type. Result: pairs (K, (V, `std::optional<W>`)) for the
/// keys of a, in the order of first occurrence, for each value of a all those of b. Partitions, empty batches, *no RDD*
/// and errors as in `join`.
///
/// ```cpp
/// auto const ages = rdd({std::pair{'a', 30}, std::pair{'b', 25}});
/// auto const towns = rdd({std::pair{'b', 1.5}, std::pair{'c', 2.5}});
/// auto const out = ages | leftOuterJoin(towns) | collect();
/// CHECK(out[0] == std::pair{'a', std::pair{30, std::optional<double>{}}});
/// CHECK(out[1] == std::pair{'b', std::pair{25, std::optional{1.5}}});
/// ```
inline constexpr detail::LeftOuterJoinFn leftOuterJoin{};

}  // namespace sluice::inline SLUICE_ABI
