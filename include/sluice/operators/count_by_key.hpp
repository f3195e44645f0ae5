#pragma once

#include <sluice/operators/detail/by_key.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

/// How many there are.
struct Counting {
    using Kept = need::Keepable;
    template <class V>
    using Combined = std::int64_t;

    template <class V>
    static std::int64_t create(V const&)
    {
        return 1;
    }
    template <class V>
    static void add(std::int64_t& count, V const&)
    {
        ++count;
    }
    static void merge(std::int64_t& count, std::int64_t other) { count += other; }
};

struct CountByKey : Counting {
    static constexpr char const* spelled = "countByKey";
};

}  // namespace detail

/// How many records each key has: `countByKey()`, `countByKey(4)`, `countByKey(partitioner)`.
///
/// Wide, for pairs (K, V). Result: pairs (K, `std::int64_t`), each key once, in the order of first occurrence; partitions
/// as in `reduceByKey`. An empty batch gives an empty one, *no RDD* stays none.
///
/// ```cpp
/// auto const out = rdd({std::pair{'a', 1.5}, std::pair{'b', 2.5}, std::pair{'a', 3.5}}) | countByKey() | collect();
/// CHECK(out == std::vector<std::pair<char, std::int64_t>>{{'a', 2}, {'b', 1}});
/// ```
inline constexpr detail::ByKeyMaker<detail::ValuesByKey, detail::CountByKey> countByKey{};

}  // namespace sluice::inline SLUICE_ABI
