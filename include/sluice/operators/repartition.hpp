#pragma once

#include <sluice/exchange/record_exchange.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

/// In turn, each partition beginning elsewhere: many small ones are spread as well as one large one.
struct InTurn {
    std::size_t next;

    template <class R>
    std::size_t target(Label const&, R const&, std::size_t targets)
    {
        return next++ % targets;
    }
};

struct Repartition : RedistributeBase<Repartition>, Needs<need::Listable> {
    static constexpr bool byKey = false;
    std::size_t partitions;
    Label label;

    Repartition(std::size_t n, CallSite at) : partitions(n), label{"repartition", at} { requireCount(label, n); }

    template <class Up>
    [[nodiscard]] Partitioning partitioning(Up const&) const
    {
        return {partitions};
    }
    [[nodiscard]] static InTurn route(std::size_t p) { return {p}; }
};

}  // namespace detail

/// The same records in another number of partitions, of about the same size: `repartition(n)`.
///
/// Wide: record i of partition p goes to partition (p + i) mod n; there they stand in the order of (p, i). To have fewer
/// partitions without moving records, use `coalesce`. No partitions: `InvalidArgument`. An empty batch gives n empty
/// partitions, *no RDD* stays none.
///
/// ```cpp
/// auto const spread = rdd({1, 2, 3, 4, 5}) | repartition(2);
/// CHECK(spread.numPartitions() == 2);
/// CHECK((spread | collect()) == std::vector{1, 3, 5, 2, 4});
/// ```
inline constexpr detail::NumberMaker<detail::Repartition> repartition{};

}  // namespace sluice::inline SLUICE_ABI
