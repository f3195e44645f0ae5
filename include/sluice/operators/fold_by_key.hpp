#pragma once

#include <sluice/operators/aggregate_by_key.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

template <class Z, class F, class By>
struct FoldByKey : CombineBase<FoldByKey<Z, F, By>>, Aggregating<Z, F, F> {
    By by;

    FoldByKey(Z z, F fn, By how, CallSite at)
        : Aggregating<Z, F, F>{static_cast<Z&&>(z), fn, fn, {"foldByKey", at}},
          by(static_cast<By&&>(how))
    {
    }

    template <class Up>
    static consteval bool fits()
    {
        if constexpr (!fitsByKey<By, Up>()) return false;
        else return FoldByKey::template aggregates<Up>();
    }
    template <class Up>
    static constexpr bool accepts = fits<Up>();

    template <class Up>
    static consteval void require()
    {
        static_assert(ofPairs<Up>, "sluice::foldByKey(zero, f): the records must be pairs of a key and a value");
        if constexpr (ofPairs<Up>) {
            using K = FirstOf<Up>;
            using V = decltype(PairShape::value(std::declval<RecordOf<Up>>()));
            static_assert(!isPointer<K>,
                          "sluice::foldByKey(zero, f): the key must not be a pointer, whose address would be "
                          "compared: use std::string_view for text");
            static_assert(isPointer<K> || isHashable<K>,
                          "sluice::foldByKey(zero, f): the key must have a hash (std::hash and == of its own are not used): "
                          "specialise sluice::KeyMembers "
                          "for its type");
            if constexpr (isHashable<K>) {
                static_assert(partitions<By, K>,
                              "sluice::foldByKey(..., partitioner): the partitioner must answer partition(key) for the key, "
                              "and compare by ==");
                static_assert(!combinesOnlyMutable<F, Z, V>,
                              "sluice::foldByKey(zero, f): f is called as const, by several threads at once: no mutable lambda");
                static_assert(combines<F, Z, V>,
                              "sluice::foldByKey(zero, f): f must take a result and a value, and return a result "
                              "of the type of zero, which can be assigned to");
                static_assert(!combines<F, Z, V> || combines<F, Z, Z>,
                              "sluice::foldByKey(zero, f): f must also combine two results");
                if constexpr (CombinerOf<F const, Z, V> && CombinerOf<F const, Z, Z>) {
                    static_assert(mayKeep<Up>(),
                                  "sluice::foldByKey(zero, f): the pairs must not hold views, of a type that the "
                                  "library cannot keep, into what was made on the way: map them to a type that owns");
                    static_assert(!keepable<Up> || !partitions<By, K> || accepts<Up>,
                                  "sluice::foldByKey(zero, f): zero must own what f makes: begin with a "
                                  "std::string, not with a view");
                }
            }
        }
    }
};

struct FoldByKeyFn : OperatorFnBase {
    template <class Z, class F, Partitions P = MaybePartitions>
    [[nodiscard]] auto operator()(Z zero, F f, P partitions = {}, CallSite at = CallSite::here()) const
    {
        return FoldByKey<Z, F, ByOf<P>>{static_cast<Z&&>(zero), static_cast<F&&>(f), byOf(static_cast<P&&>(partitions), {"foldByKey", at}), at};
    }
};

}  // namespace detail

/// The values of each key combined by f, beginning with zero: `foldByKey(zero, f, partitions)`.
///
/// Wide, for pairs (K, V): f takes (result, value), and two results, as const, and returns a result of the type of zero.
/// It meets a copy of zero once for each key and partition that has it: so zero must be neutral, and f associative.
/// Result: pairs (K, Z), each key once, in the order of first occurrence; partitions as in `reduceByKey`. An empty batch
/// gives an empty one, *no RDD* stays none. What f throws fails the batch, as a `StreamError`.
///
/// ```cpp
/// auto const sums = rdd({std::pair{'a', 1}, std::pair{'b', 2}, std::pair{'a', 3}}) | foldByKey(0L, std::plus{});
/// CHECK((sums | collect()) == std::vector{std::pair{'a', 4L}, std::pair{'b', 2L}});
/// ```
inline constexpr detail::FoldByKeyFn foldByKey{};

}  // namespace sluice::inline SLUICE_ABI
