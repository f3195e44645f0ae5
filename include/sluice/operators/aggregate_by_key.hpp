#pragma once

#include <sluice/stream/combine.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

/// Values of one key into a Z, which begins as `zero`: what aggregateByKey and foldByKey do.
template <class Z, class Add, class Merge>
struct Aggregating : PairShape {
    Z zero;
    [[no_unique_address]] Add f;
    [[no_unique_address]] Merge g;
    Label label;

    Aggregating(Z z, Add a, Merge m, Label where)
        : zero(static_cast<Z&&>(z)), f(static_cast<Add&&>(a)), g(static_cast<Merge&&>(m)), label(where)
    {
    }

    template <class V>
    using Combined = Z;

    template <class V>
    Z create(V&& value) const
    {
        return combineIn(label, f, Z(zero), static_cast<V&&>(value));
    }
    template <class V>
    void add(Z& combined, V&& value) const
    {
        combined = combineIn(label, f, std::move(combined), static_cast<V&&>(value));
    }
    void merge(Z& combined, Z&& other) const { combined = combineIn(label, g, std::move(combined), std::move(other)); }

    template <class Up>
    static consteval bool aggregates()
    {
        using V = decltype(PairShape::value(std::declval<RecordOf<Up>>()));
        if constexpr (!CombinerOf<Add const, Z, V> || !CombinerOf<Merge const, Z, Z>) return false;
        else return !combinesToTemporary<Add const, Z, V>() && !combinesToTemporary<Merge const, Z, Z>() && mayLookAt<Up, V, Z>;
    }
};

template <class Z, class Add, class Merge, class By>
struct AggregateByKey : CombineBase<AggregateByKey<Z, Add, Merge, By>>, Aggregating<Z, Add, Merge> {
    By by;

    AggregateByKey(Z z, Add a, Merge m, By how, CallSite at)
        : Aggregating<Z, Add, Merge>{static_cast<Z&&>(z), static_cast<Add&&>(a), static_cast<Merge&&>(m), {"aggregateByKey", at}},
          by(static_cast<By&&>(how))
    {
    }

    template <class Up>
    static consteval bool fits()
    {
        if constexpr (!fitsByKey<By, Up>()) return false;
        else return AggregateByKey::template aggregates<Up>();
    }
    template <class Up>
    static constexpr bool accepts = fits<Up>();

    template <class Up>
    static consteval void require()
    {
        static_assert(ofPairs<Up>, "sluice::aggregateByKey(zero, add, merge): the records must be pairs of a key and a value");
        if constexpr (ofPairs<Up>) {
            using K = FirstOf<Up>;
            using V = decltype(PairShape::value(std::declval<RecordOf<Up>>()));
            static_assert(!isPointer<K>,
                          "sluice::aggregateByKey(zero, add, merge): the key must not be a pointer, whose address would be "
                          "compared: use std::string_view for text");
            static_assert(isPointer<K> || isHashable<K>,
                          "sluice::aggregateByKey(zero, add, merge): the key must have a hash (std::hash and == of its own are not used): "
                          "specialise sluice::KeyMembers "
                          "for its type");
            if constexpr (isHashable<K>) {
                static_assert(partitions<By, K>,
                              "sluice::aggregateByKey(..., partitioner): the partitioner must answer partition(key) for the key, "
                              "and compare by ==");
                static_assert(!combinesOnlyMutable<Add, Z, V> && !combinesOnlyMutable<Merge, Z, Z>,
                              "sluice::aggregateByKey(zero, add, merge): both functions are called as const: no mutable lambda");
                static_assert(combines<Add, Z, V>,
                              "sluice::aggregateByKey(zero, add, merge): add must take a result and a value, and return a result "
                              "of the type of zero");
                static_assert(!combines<Add, Z, V> || combines<Merge, Z, Z>,
                              "sluice::aggregateByKey(zero, add, merge): merge must take two results, and return one");
                if constexpr (CombinerOf<Add const, Z, V> && CombinerOf<Merge const, Z, Z>) {
                    static_assert(mayKeep<Up>(),
                                  "sluice::aggregateByKey(zero, add, merge): the pairs must not hold views, of a type that the "
                                  "library cannot keep, into what was made on the way: map them to a type that owns");
                    static_assert(!keepable<Up> || !partitions<By, K> || accepts<Up>,
                                  "sluice::aggregateByKey(zero, add, merge): zero must own what the functions make: begin with a "
                                  "std::string, not with a view");
                }
            }
        }
    }
};

struct AggregateByKeyFn : OperatorFnBase {
    template <class Z, class Add, class Merge, Partitions P = MaybePartitions>
    [[nodiscard]] auto operator()(Z zero, Add add, Merge merge, P partitions = {}, CallSite at = CallSite::here()) const
    {
        return AggregateByKey<Z, Add, Merge, ByOf<P>>{static_cast<Z&&>(zero), static_cast<Add&&>(add),
                                                      static_cast<Merge&&>(merge), byOf(static_cast<P&&>(partitions), {"aggregateByKey", at}), at};
    }
};

}  // namespace detail

/// Combine the values V of each key to a Z that begins as zero: `aggregateByKey(zero, add, merge, partitions)`.
///
/// Wide, for pairs (K, V): in each partition the first value of a key meets a copy of zero; add(z, v) takes one value
/// more, merge(z, z) joins the results of two partitions, in their order. So zero must be neutral, and it is used once
/// for each key and partition that has it. Both functions are called as const. Result: pairs (K, Z), each key once, in
/// the order of first occurrence; partitions as in `reduceByKey`. An empty batch gives an empty one, *no RDD* stays
/// none. What a function throws fails the batch, as a `StreamError`.
///
/// ```cpp
/// auto const longest = aggregateByKey(std::size_t{0},
///                                     [](std::size_t n, std::string_view word) { return std::max(n, word.size()); },
///                                     [](std::size_t a, std::size_t b) { return std::max(a, b); });
/// auto const out = rdd({std::pair{'a', "an"sv}, std::pair{'b', "be"sv}, std::pair{'a', "apple"sv}}) | longest | collect();
/// CHECK(out == std::vector{std::pair{'a', std::size_t{5}}, std::pair{'b', std::size_t{2}}});
/// ```
inline constexpr detail::AggregateByKeyFn aggregateByKey{};

}  // namespace sluice::inline SLUICE_ABI
