#pragma once

#include <sluice/operators/join.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

template <class By>
struct FullOuterJoin : MeetingBase<FullOuterJoin<By>, Groups> {
    By by;
    Label label;

    FullOuterJoin(By how, CallSite at) : by(static_cast<By&&>(how)), label{"fullOuterJoin", at} {}

    template <bool streams>
    struct Kind {
        template <class S>
        static consteval void misplaced()
        {
            static_assert(isOfKind<S, streams>,
                          "sluice::fullOuterJoin(other): a stream is joined with a stream, a batch with a batch");
        }
    };
    template <class... Ups>
    using Values = KeepsValues<true, Ups...>;
    template <class... Others>
    using Asks = MeetByKey<FullOuterJoin, Others...>;
};

struct FullOuterJoinFn : OperatorFnBase {
    template <class S, Partitions P = MaybePartitions>
    [[nodiscard]] auto operator()(S other, P partitions = {}, CallSite at = CallSite::here()) const
    {
        static_assert(ofOneKind<S>, "sluice::fullOuterJoin(other): a stream is joined with a stream, a batch with a batch");
        return joinOf<Outer::full>(FullOuterJoin<ByOf<P>>{byOf(static_cast<P&&>(partitions), {"fullOuterJoin", at}), at}, std::move(other));
    }
};

}  // namespace detail

/// Each value of a key with each value of the same key of another stream or batch; where one of them has none, with
/// nothing: `a | fullOuterJoin(b)`, `a | fullOuterJoin(b, 4)`, `a | fullOuterJoin(b, partitioner)`.
///
/// Wide, for pairs (K, V) and (K, W) whose keys have a common type. Result: pairs (K, (`std::optional<V>`,
/// `std::optional<W>`)) for the keys of either; those of a stand before the others. Partitions, empty batches, *no RDD*
/// and errors as in `join`.
///
/// ```cpp
/// auto const ages = rdd({std::pair{'a', 30}});
/// auto const towns = rdd({std::pair{'c', 2.5}});
/// auto const out = ages | fullOuterJoin(towns) | collect();
/// CHECK(out[0].second == std::pair{std::optional{30}, std::optional<double>{}});
/// CHECK(out[1].second == std::pair{std::optional<int>{}, std::optional{2.5}});
/// ```
inline constexpr detail::FullOuterJoinFn fullOuterJoin{};

}  // namespace sluice::inline SLUICE_ABI
