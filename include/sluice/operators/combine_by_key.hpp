#pragma once

#include <sluice/stream/combine.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

/// What makes a value of a V.
template <class F, class V>
concept CreatorOf = CallableWith<F const, V> && !std::is_void_v<CallResult<F, V>>;
template <class F, class V>
inline constexpr bool creates = CreatorOf<F, V>;

template <class Create, class Add, class Merge, class By>
struct CombineByKey : CombineBase<CombineByKey<Create, Add, Merge, By>>, PairShape {
    [[no_unique_address]] Create f;
    [[no_unique_address]] Add g;
    [[no_unique_address]] Merge h;
    By by;
    Label label;

    CombineByKey(Create c, Add a, Merge m, By how, CallSite at)
        : f(static_cast<Create&&>(c)), g(static_cast<Add&&>(a)), h(static_cast<Merge&&>(m)), by(static_cast<By&&>(how)),
          label{"combineByKey", at}
    {
    }

    template <class V>
    using Combined = std::remove_cvref_t<CallResult<Create, V>>;

    template <class V>
    auto create(V&& value) const
    {
        return callIn(label, f, static_cast<V&&>(value));
    }
    template <class C, class V>
    void add(C& combined, V&& value) const
    {
        combined = combineIn(label, g, std::move(combined), static_cast<V&&>(value));
    }
    template <class C>
    void merge(C& combined, C&& other) const
    {
        combined = combineIn(label, h, std::move(combined), std::move(other));
    }

    template <class Up>
    static consteval bool fits()
    {
        if constexpr (!fitsByKey<By, Up>()) return false;
        else {
            using V = decltype(PairShape::value(std::declval<RecordOf<Up>>()));
            if constexpr (!creates<Create, V>) return false;
            else {
                using C = Combined<V>;
                return CombinerOf<Add const, C, V> && CombinerOf<Merge const, C, C> && mayLookAt<Up, SecondOf<Up>, C> &&
                       !combinesToTemporary<Add const, C, V>() && !combinesToTemporary<Merge const, C, C>();
            }
        }
    }
    template <class Up>
    static constexpr bool accepts = fits<Up>();

    template <class Up>
    static consteval void require()
    {
        static_assert(ofPairs<Up>, "sluice::combineByKey(create, add, merge): the records must be pairs of a key and a value");
        if constexpr (ofPairs<Up>) {
            using K = FirstOf<Up>;
            using V = decltype(PairShape::value(std::declval<RecordOf<Up>>()));
            static_assert(!isPointer<K>,
                          "sluice::combineByKey(create, add, merge): the key must not be a pointer, whose address would be "
                          "compared: use std::string_view for text");
            static_assert(isPointer<K> || isHashable<K>,
                          "sluice::combineByKey(create, add, merge): the key must have a hash (std::hash and == of its own are not used): "
                          "specialise "
                          "sluice::KeyMembers for its type");
            if constexpr (isHashable<K>) {
                static_assert(partitions<By, K>,
                              "sluice::combineByKey(..., partitioner): the partitioner must answer partition(key) for the key, "
                              "and compare by ==");
                static_assert(!onlyMutable<Create, V>,
                              "sluice::combineByKey(create, add, merge): create is called as const: no mutable lambda");
                static_assert(onlyMutable<Create, V> || creates<Create, V>,
                              "sluice::combineByKey(create, add, merge): create must take one value and return what is combined");
                if constexpr (creates<Create, V>) {
                    using C = Combined<V>;
                    static_assert(!combinesOnlyMutable<Add, C, V>,
                                  "sluice::combineByKey(create, add, merge): add is called as const: no mutable lambda");
                    static_assert(combines<Add, C, V>,
                                  "sluice::combineByKey(create, add, merge): add must take what create returns and one value, "
                                  "and return the former, which can be assigned to");
                    if constexpr (CombinerOf<Add const, C, V>) {
                        static_assert(!combinesOnlyMutable<Merge, C, C>,
                                      "sluice::combineByKey(create, add, merge): merge is called as const: no mutable lambda");
                        static_assert(combines<Merge, C, C>,
                                      "sluice::combineByKey(create, add, merge): merge must take two of what create returns, and "
                                      "return one");
                        if constexpr (CombinerOf<Merge const, C, C>) {
                            static_assert(mayKeep<Up>(),
                                          "sluice::combineByKey(create, add, merge): the pairs must not hold views, of a type that "
                                          "the library cannot keep, into what was made on the way: map them to a type that owns");
                            static_assert(!keepable<Up> || !partitions<By, K> || accepts<Up>,
                                          "sluice::combineByKey(create, add, merge): what is combined must own what it shows of "
                                          "values that are made on the way: map these to a type that owns");
                        }
                    }
                }
            }
        }
    }};

struct CombineByKeyFn : OperatorFnBase {
    template <class Create, class Add, class Merge, Partitions P = MaybePartitions>
    [[nodiscard]] auto operator()(Create create, Add add, Merge merge, P partitions = {}, CallSite at = CallSite::here()) const
    {
        return CombineByKey<Create, Add, Merge, ByOf<P>>{static_cast<Create&&>(create), static_cast<Add&&>(add),
                                                         static_cast<Merge&&>(merge), byOf(static_cast<P&&>(partitions), {"combineByKey", at}), at};
    }
};

}  // namespace detail

/// Combine the values V of each key to a C of another type: `combineByKey(create, add, merge, partitions)`.
///
/// Wide, for pairs (K, V): create(v) makes a C of a key's first value in a partition, add(c, v) takes one more into it,
/// merge(c, c) joins those of two partitions, in their order. All are called as const. Result: pairs (K, C), each key
/// once, in the order of first occurrence; partitions as in `reduceByKey`. Behind `partitionBy(n)` no value is combined
/// before it is where its key belongs, and merge is not called. An empty batch gives an empty one, *no RDD* stays none.
/// What a function throws fails the batch, as a `StreamError`.
///
/// ```cpp
/// auto const sumAndCount = combineByKey([](int x) { return std::pair{x, 1}; },
///                                       [](auto c, int x) { return std::pair{c.first + x, c.second + 1}; },
///                                       [](auto c, auto d) { return std::pair{c.first + d.first, c.second + d.second}; });
/// auto const out = rdd({std::pair{'a', 1}, std::pair{'a', 4}, std::pair{'b', 2}}) | sumAndCount | collect();
/// CHECK(out == std::vector{std::pair{'a', std::pair{5, 2}}, std::pair{'b', std::pair{2, 1}}});
/// ```
inline constexpr detail::CombineByKeyFn combineByKey{};

}  // namespace sluice::inline SLUICE_ABI
