#pragma once

#include <sluice/operators/detail/by_key.hpp>

#include <vector>

namespace sluice::inline SLUICE_ABI {

namespace detail {

/// Values side by side, in the order of partitions and positions.
struct Grouping {
    using Kept = need::Movable;
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

struct GroupByKey : Grouping {
    static constexpr char const* spelled = "groupByKey";
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
inline constexpr detail::ByKeyMaker<detail::ValuesByKey, detail::GroupByKey> groupByKey{};

}  // namespace sluice::inline SLUICE_ABI
