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
    static consteval bool fits()
    {
        return joinByKey<By, Ups...>();
    }
    template <class... Ups>
    static consteval void explain()
    {
        static_assert((ofPairs<Ups> && ...), "sluice::fullOuterJoin(other): the records of both must be pairs of a key and a value");
        if constexpr ((ofPairs<Ups> && ...)) {
            static_assert(canMeet<By, Ups...>,
                          "sluice::fullOuterJoin(other): the keys must have a common type with a hash, which the partitioner, if any, takes, "
                          "and pairs that look at what was made on the way must hold no views but std::string_view");
            static_assert(!canMeet<By, Ups...> || copyableValues<Ups...>, "sluice::fullOuterJoin(other): the values must be copyable");
        }
    }
};

struct FullOuterJoinFn : OperatorFnBase {
    template <class S, Partitions P = std::size_t>
    [[nodiscard]] auto operator()(S other, P partitions = {}, CallSite at = CallSite::here()) const
    {
        static_assert(ofOneKind<S>, "sluice::fullOuterJoin(other): a stream is joined with a stream, a batch with a batch");
        return joinOf<Outer::full>(FullOuterJoin<ByOf<P>>{byOf(static_cast<P&&>(partitions)), at}, std::move(other));
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
