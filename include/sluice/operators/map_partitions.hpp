#pragma once

#include <sluice/operators/detail/one_partition.hpp>
#include <sluice/operators/flat_map.hpp>
#include <sluice/operators/transform.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

/// f(rdd), or f(index, rdd).
template <bool indexed, class F, class Batch>
constexpr decltype(auto) callPartition(Label const& label, F const& f, [[maybe_unused]] std::size_t p, Batch batch)
{
    return runIn(label, [&]() -> decltype(auto) {
        if constexpr (indexed) return f(p, std::move(batch));
        else return f(std::move(batch));
    });
}

/// What f makes of each partition, empty ones included.
template <class Up, class Op>
class MappedPartitions {
    using Result = typename Op::template Result<Up>;

public:
    using Record = typename Op::template Record<Up>;
    static constexpr bool stored = false;  // what f makes is gone behind its partition
    static constexpr bool stable = holdOf<std::remove_cvref_t<Record>>() == Hold::owns;

    constexpr MappedPartitions(Counted<Box<Up>> up, Counted<Box<Op>> const& op) : up_(std::move(up)), op_(op) {}

    [[nodiscard]] static constexpr bool resumable() { return false; }  // f is called once
    [[nodiscard]] constexpr std::size_t partitions() const { return up_->value.partitions(); }
    [[nodiscard]] static constexpr bool isEmpty(std::size_t) { return false; }
    [[nodiscard]] constexpr decltype(auto) place() const { return up_->value.place(); }
    constexpr void prepare() const { up_->value.prepare(); }
    /// Where f says that it leaves keys alone.
    [[nodiscard]] Partitioning partitioning() const
    {
        return op_->value.preservesPartitioning ? partitioningOf(up_->value) : Partitioning{};
    }

    template <class Sink>
    constexpr std::size_t each(std::size_t p, std::size_t from, Sink& sink) const
    {
        Op const& op = op_->value;
        Result&& result = callPartition<Op::indexed>(op.label, op.f, p, PartitionOf<Up>{OnePartition<Up>{up_, p}});
        if constexpr (isRDD<std::remove_cvref_t<Result>>) {
            result.node().prepare();
            pushPartitions(result.node(), 0, result.node().partitions(), 0, sink);
        } else {
            Sink local = static_cast<Sink&&>(sink);
            pushExpansion<Result>(op.label, static_cast<Result&&>(result), local);
            sink = static_cast<Sink&&>(local);
        }
        return from;
    }

private:
    Counted<Box<Up>> up_;
    Counted<Box<Op>> op_;
};

/// Of an RDD its records, of a range its elements.
template <class R>
struct RecordOfResult {
    using type = ElementOf<R>;
};
template <class R>
    requires isRDD<std::remove_cvref_t<R>>
struct RecordOfResult<R> {
    using type = RecordOf<typename std::remove_cvref_t<R>::Batch>;
};

template <class F, bool indexed, class Up>
consteval bool takesPartition()
{
    if constexpr (takesOtherBatch<F, ValueOf<Up>>()) return false;
    else if constexpr (indexed) return requires(F& f, PartitionOf<Up> batch) { f(std::size_t{}, std::move(batch)); };
    else return requires(F& f, PartitionOf<Up> batch) { f(std::move(batch)); };
}
template <class F, bool indexed>
struct TakesPartition {
    template <class Up>
    static constexpr bool holds = takesPartition<F const, indexed, Up>();

    template <class Op, class Up>
    static consteval void explain()
    {
        if constexpr (takesPartition<F, indexed, Up>()) {
            static_assert(holds<Up>, "sluice: the function is called as const, by several threads at once: no mutable lambda");
        } else if constexpr (indexed) {
            static_assert(holds<Up>,
                          "sluice::mapPartitionsWithIndex(f): f must take the number of a partition, and its records as a "
                          "batch: f(index, rdd)");
        } else {
            static_assert(holds<Up>, "sluice::mapPartitions(f): f must take a batch of these records, those of one partition: f(rdd)");
        }
    }
};

template <class R>
inline constexpr bool givesRecords = isRDD<std::remove_cvref_t<R>> || isExpansion<R>;
template <class F, bool indexed, class Up>
using PartitionResult =
    decltype(callPartition<indexed>(std::declval<Label const&>(), std::declval<F const&>(), 0, std::declval<PartitionOf<Up>>()));
template <class F, bool indexed>
struct ReturnsRecords {
    template <class Up>
    static constexpr bool holds = givesRecords<PartitionResult<F, indexed, Up>>;

    template <class Op, class Up>
    static consteval void explain()
    {
        static_assert(holds<Up> || isRefused<PartitionResult<F, indexed, Up>>,  // of which it has been said
                      "sluice: the function must return a batch, a range of records, or an optional one");
    }
};

template <class F, bool withIndex>
struct OverPartitions : PartwiseBase, Needs<TakesPartition<F, withIndex>, ReturnsRecords<F, withIndex>> {
    static constexpr bool indexed = withIndex;
    [[no_unique_address]] F f;
    bool preservesPartitioning;
    Label label;

    constexpr OverPartitions(F fn, bool preserves, CallSite at)
        : f(std::move(fn)), preservesPartitioning(preserves), label{indexed ? "mapPartitionsWithIndex" : "mapPartitions", at}
    {
    }

    template <class Up>
    using Result = PartitionResult<F, indexed, Up>;
    template <class Up>
    using Record = typename RecordOfResult<Result<Up>>::type;

    template <class Up, class Op>
    static constexpr auto on(Up up, Counted<Box<Op>> const& op)
    {
        return MappedPartitions<Up, Op>{makeCounted<Box<Up>>(static_cast<Up&&>(up)), op};
    }
};

template <class F>
struct MapPartitions : OverPartitions<F, false> {
    using MapPartitions::OverPartitions::OverPartitions;
};

template <template <class> class Op>
struct OverPartitionsMaker : OperatorFnBase {
    template <class F>
    [[nodiscard]] constexpr auto operator()(F f, bool preservesPartitioning = false, CallSite at = CallSite::here()) const
    {
        return Op<F>{std::move(f), preservesPartitioning, at};
    }
};

}  // namespace detail

/// Turn every partition into another one, `mapPartitions(f, preservesPartitioning = false)`: f is called once for each, also for those
/// that are empty, and may do there what is done once for many records, such as opening a connection.
///
/// Narrow. f takes the partition's records as a batch of one partition, as const; it returns a batch, whose operators fuse
/// with those before and behind, or a range (a container, a view) or a `std::optional`. What f pipes into its batch runs at
/// once, in the same thread. What f returns may view what outlives the call, and owns the rest: `rdd(std::move(records))`.
/// Partitions are kept, the order of records is f's. `mapPartitions(f, true)` says that f leaves the keys of pairs as they are: then
/// what is partitioned by key is so behind it. The partitions of an empty batch are given to f as they are; *no RDD*
/// stays none. What f throws fails the batch, as a `StreamError` that names this operator.
///
/// ```cpp
/// auto fromLargest = rdd({3, 9, 4, 5}, 2) | mapPartitions([](auto part) {
///     auto const largest = part | fold(0, [](int a, int b) { return std::max(a, b); });
///     return part | map([largest](int x) { return largest - x; });
/// });
/// CHECK((fromLargest | collect()) == std::vector{6, 0, 1, 0});
/// ```
inline constexpr detail::OverPartitionsMaker<detail::MapPartitions> mapPartitions{};

}  // namespace sluice::inline SLUICE_ABI
