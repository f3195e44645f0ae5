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
    static consteval bool fits()
    {
        return joinByKey<By, Ups...>();
    }
    template <class... Ups>
    static consteval void explain()
    {
        static_assert((ofPairs<Ups> && ...), "sluice::leftOuterJoin(other): the records of both must be pairs of a key and a value");
        if constexpr ((ofPairs<Ups> && ...)) {
            static_assert(canMeet<By, Ups...>,
                          "sluice::leftOuterJoin(other): the keys must have a common type with a hash, which the partitioner, if any, takes, "
                          "and pairs that look at what was made on the way must hold no views but std::string_view");
            static_assert(!canMeet<By, Ups...> || copyableValues<Ups...>, "sluice::leftOuterJoin(other): the values must be copyable");
        }
    }
};

struct LeftOuterJoinFn : OperatorFnBase {
    template <class S, Partitions P = std::size_t>
    [[nodiscard]] auto operator()(S other, P partitions = {}, CallSite at = CallSite::here()) const
    {
        static_assert(ofOneKind<S>, "sluice::leftOuterJoin(other): a stream is joined with a stream, a batch with a batch");
        return joinOf<Outer::left>(LeftOuterJoin<ByOf<P>>{byOf(static_cast<P&&>(partitions)), at}, std::move(other));
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
