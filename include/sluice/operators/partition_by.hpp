#pragma once

#include <sluice/stream/combine.hpp>
#include <sluice/stream/record_exchange.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

template <class By>
struct ByKeyOf {
    By const* by;

    template <class R>
    std::size_t target(Label const& label, R const& record, std::size_t targets) const
    {
        auto const& key = std::get<0>(record);
        return by->target(label, hashOfKey(key), key, targets);
    }
};

template <class By>
struct PartitionBy : RedistributeBase<PartitionBy<By>> {
    static constexpr bool byKey = true;
    By by;
    Label label;

    PartitionBy(By how, CallSite at) : by(static_cast<By&&>(how)), label{"partitionBy", at} {}

    template <class Up>
    [[nodiscard]] Partitioning partitioning(Up const& up) const
    {
        auto const told = by.partitioning();
        return told ? told : Partitioning{std::size_t{up.place().defaultPartitions()}};
    }
    [[nodiscard]] ByKeyOf<By> route(std::size_t) const { return {&by}; }

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
        static_assert(ofPairs<Up>, "sluice::partitionBy(partitions): the records must be pairs of a key and a value");
        if constexpr (ofPairs<Up>) {
            using K = FirstOf<Up>;
            static_assert(!isPointer<K>,
                          "sluice::partitionBy(partitions): the key must not be a pointer, whose address would be compared: use "
                          "std::string_view for text");
            static_assert(isPointer<K> || isHashable<K>,
                          "sluice::partitionBy(partitions): the key must have a hash (std::hash and == of its own are not used): "
                          "specialise sluice::KeyMembers for its type");
            if constexpr (isHashable<K>) {
                static_assert(partitions<By, K>,
                              "sluice::partitionBy(partitioner): the partitioner must answer partition(key) for the key, and "
                              "compare by ==");
                static_assert(mayMove<Up>(),
                              "sluice::partitionBy(partitions): the pairs must be copyable, and must not hold views, of a type that "
                              "the library cannot keep, into what was made on the way: map them to a type that owns");
            }
        }
    }
};

struct PartitionByFn : OperatorFnBase {
    template <Partitions P>
    [[nodiscard]] auto operator()(P partitions, CallSite at = CallSite::here()) const
    {
        return PartitionBy<ByOf<P>>{byOf(static_cast<P&&>(partitions), {"partitionBy", at}), at};
    }
};

}  // namespace detail

/// Every record where its key belongs: `partitionBy(n)`, `partitionBy(partitioner)`; 0 is the default number.
///
/// Wide, for pairs (K, V): record goes to the partition of its key; there they stand in the order of (partition,
/// position). What is partitioned so already is not moved. The operators by key that stand behind it exchange nothing.
/// An empty batch gives empty partitions, *no RDD* stays none.
///
/// ```cpp
/// auto const parts = rdd({std::pair{1, 'a'}, std::pair{2, 'b'}, std::pair{1, 'c'}}) | partitionBy(HashPartitioner{2});
/// CHECK(parts.numPartitions() == 2);
/// CHECK((parts | groupByKey()).numPartitions() == 2);
/// ```
inline constexpr detail::PartitionByFn partitionBy{};

}  // namespace sluice::inline SLUICE_ABI
