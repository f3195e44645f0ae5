#pragma once

#include <sluice/stream/combine.hpp>

#include <vector>

namespace sluice::inline SLUICE_ABI {

namespace detail {

/// Values side by side, in the order of partitions and positions.
struct Grouping {
    template <class V>
    using Combined = std::vector<std::remove_cvref_t<V>>;

    template <class V>
    static auto create(V&& value)
    {
        Combined<V> group;
        group.push_back(static_cast<V&&>(value));
        return group;
    }
    template <class T, class V>
    static void add(std::vector<T>& group, V&& value)
    {
        group.push_back(static_cast<V&&>(value));
    }
    template <class T>
    static void merge(std::vector<T>& group, std::vector<T>&& other)
    {
        for (auto&& value : other) group.push_back(std::move(value));  // && for bools
    }
};

template <class By>
struct GroupByKey : CombineBase<GroupByKey<By>>, PairShape, Grouping {
    By by;
    Label label;

    GroupByKey(By how, CallSite at) : by(static_cast<By&&>(how)), label{"groupByKey", at} {}

    template <class Up>
    static consteval bool fits()
    {
        if constexpr (!fitsByKey<By, Up>()) return false;
        else return movable<Up>;
    }
    template <class Up>
    static constexpr bool accepts = fits<Up>();

    template <class Up>
    static consteval void require()
    {
        static_assert(ofPairs<Up>, "sluice::groupByKey(): the records must be pairs of a key and a value");
        if constexpr (ofPairs<Up>) {
            using K = FirstOf<Up>;
            static_assert(!isPointer<K>,
                          "sluice::groupByKey(): the key must not be a pointer, whose address would be compared: use "
                          "std::string_view for text");
            static_assert(isPointer<K> || isHashable<K>,
                          "sluice::groupByKey(): the key must have a hash (std::hash and == of its own are not used): "
                          "specialise sluice::KeyMembers for its type");
            if constexpr (isHashable<K>) {
                static_assert(partitions<By, K>,
                              "sluice::groupByKey(partitioner): the partitioner must answer partition(key) for the key, and "
                              "compare by ==");
                static_assert(mayMove<Up>(),
                              "sluice::groupByKey(): the pairs must be copyable, and must not hold views, of a type that the "
                              "library cannot keep, into what was made on the way: map them to a type that owns");
            }
        }
    }
};

struct GroupByKeyFn : OperatorFnBase {
    template <Partitions P = MaybePartitions>
    [[nodiscard]] auto operator()(P partitions = {}, CallSite at = CallSite::here()) const
    {
        return GroupByKey<ByOf<P>>{byOf(static_cast<P&&>(partitions), {"groupByKey", at}), at};
    }
};

}  // namespace detail

/// All values of each key: `groupByKey()`, `groupByKey(4)`, `groupByKey(partitioner)`.
///
/// Wide, for pairs (K, V). Result: pairs (K, `std::vector<V>`), each key once, in the order of first occurrence, its
/// values in the order of partitions and positions; partitions as in `reduceByKey`. Every value is kept in memory: to
/// combine them, `reduceByKey` and `combineByKey` need less. An empty batch gives an empty one, *no RDD* stays none.
///
/// ```cpp
/// auto const out = rdd({std::pair{'a', 1}, std::pair{'b', 2}, std::pair{'a', 3}}) | groupByKey() | collect();
/// CHECK(out == std::vector{std::pair{'a', std::vector{1, 3}}, std::pair{'b', std::vector{2}}});
/// ```
inline constexpr detail::GroupByKeyFn groupByKey{};

}  // namespace sluice::inline SLUICE_ABI
