#pragma once

#include <sluice/stream/combine.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

/// How many there are.
struct Counting {
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

template <class By>
struct CountByKey : CombineBase<CountByKey<By>>, PairShape, Counting {
    By by;
    Label label;

    CountByKey(By how, CallSite at) : by(static_cast<By&&>(how)), label{"countByKey", at} {}

    template <class Up>
    static constexpr bool accepts = fitsByKey<By, Up>();

    template <class Up>
    static consteval void require()
    {
        static_assert(ofPairs<Up>, "sluice::countByKey(): the records must be pairs of a key and a value");
        if constexpr (ofPairs<Up>) {
            using K = FirstOf<Up>;
            static_assert(!isPointer<K>,
                          "sluice::countByKey(): the key must not be a pointer, whose address would be compared: use "
                          "std::string_view for text");
            static_assert(isPointer<K> || isHashable<K>,
                          "sluice::countByKey(): the key must have a hash (std::hash and == of its own are not used): "
                          "specialise sluice::KeyMembers for its type");
            if constexpr (isHashable<K>) {
                static_assert(partitions<By, K>,
                              "sluice::countByKey(partitioner): the partitioner must answer partition(key) for the key, and "
                              "compare by ==");
                static_assert(mayKeep<Up>(),
                              "sluice::countByKey(): the pairs must not hold views, of a type that the library cannot keep, "
                              "into what was made on the way: map them to a type that owns");
            }
        }
    }
};

struct CountByKeyFn : OperatorFnBase {
    template <Partitions P = MaybePartitions>
    [[nodiscard]] auto operator()(P partitions = {}, CallSite at = CallSite::here()) const
    {
        return CountByKey<ByOf<P>>{byOf(static_cast<P&&>(partitions), {"countByKey", at}), at};
    }
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
inline constexpr detail::CountByKeyFn countByKey{};

}  // namespace sluice::inline SLUICE_ABI
