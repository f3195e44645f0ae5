#pragma once

#include <sluice/exchange/record_exchange.hpp>

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
struct PartitionBy : RedistributeBase<PartitionBy<By>>,
                     ByKeyOp<PartitionBy<By>, By>,
                     Needs<need::Pairs, need::HashedKey, need::Placed<By>, need::Movable> {
    static constexpr char const* spelled = "partitionBy";
    static constexpr bool byKey = true;
    using PartitionBy::ByKeyOp::ByKeyOp;

    template <class Up>
    [[nodiscard]] Partitioning partitioning(Up const& up) const
    {
        auto const told = this->by.partitioning();
        return told ? told : Partitioning{std::size_t{up.place().defaultPartitions()}};
    }
    [[nodiscard]] ByKeyOf<By> route(std::size_t) const { return {&this->by}; }
};

}  // namespace detail

/// Every record where its key belongs: `partitionBy(n)`, `partitionBy(partitioner)`; without one, the default number.
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
inline constexpr detail::ByKeyMaker<detail::PartitionBy> partitionBy{};

}  // namespace sluice::inline SLUICE_ABI
