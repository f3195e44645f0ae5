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
    try {
        if constexpr (indexed) return f(p, std::move(batch));
        else return f(std::move(batch));
    } catch (...) {
        failIn(label);
    }
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
    [[nodiscard]] constexpr auto place() const { return up_->value.place(); }
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

template <class F, bool withIndex>
struct MapPartitions : PartwiseBase {
    static constexpr bool indexed = withIndex;
    [[no_unique_address]] F f;
    bool preservesPartitioning;
    Label label;

    constexpr MapPartitions(F fn, bool preserves, CallSite at)
        : f(static_cast<F&&>(fn)), preservesPartitioning(preserves), label{indexed ? "mapPartitionsWithIndex" : "mapPartitions", at}
    {
    }

    template <class G, class Up>
    static consteval bool isCallable()
    {
        if constexpr (takesOtherBatch<F, ValueOf<Up>>()) return false;
        else if constexpr (indexed) return requires(G& g, PartitionOf<Up> batch) { g(std::size_t{}, std::move(batch)); };
        else return requires(G& g, PartitionOf<Up> batch) { g(std::move(batch)); };
    }

    template <class Up>
    using Result = decltype(callPartition<indexed>(std::declval<Label const&>(), std::declval<F const&>(), 0,
                                                   std::declval<PartitionOf<Up>>()));
    template <class Up>
    using Record = typename RecordOfResult<Result<Up>>::type;

    template <class R>
    static constexpr bool givesRecords = isRDD<std::remove_cvref_t<R>> || isExpansion<R>;

    template <class Up>
    static consteval bool isAccepted()
    {
        if constexpr (!isCallable<F const, Up>()) return false;
        else if constexpr (std::is_void_v<Result<Up>>) return false;
        else return givesRecords<Result<Up>>;
    }
    template <class Up>
    static constexpr bool accepts = isAccepted<Up>();

    /// Whether f returns something else, and no operator in it has said so already.
    template <class Up>
    static consteval bool returnsOther()
    {
        if constexpr (!isCallable<F const, Up>()) return false;
        else if constexpr (std::is_void_v<Result<Up>>) return true;
        else return !givesRecords<Result<Up>> && !isRefused<Result<Up>>;
    }

    template <class Up>
    static consteval void require()
    {
        constexpr bool onlyAsMutable = !isCallable<F const, Up>() && isCallable<F, Up>();
        constexpr bool takesBatch = isCallable<F, Up>();
        if constexpr (indexed) {
            static_assert(!onlyAsMutable, "sluice::mapPartitionsWithIndex(f): f is called as const, by several threads at "
                                          "once: no mutable lambda");
            static_assert(takesBatch, "sluice::mapPartitionsWithIndex(f): f must take the number of a partition, and its "
                                      "records as a batch: f(index, rdd)");
            static_assert(!returnsOther<Up>(),
                          "sluice::mapPartitionsWithIndex(f): f must return a batch, a range of records, or an optional one");
        } else {
            static_assert(!onlyAsMutable,
                          "sluice::mapPartitions(f): f is called as const, by several threads at once: no mutable lambda");
            static_assert(takesBatch,
                          "sluice::mapPartitions(f): f must take a batch of these records, those of one partition: f(rdd)");
            static_assert(!returnsOther<Up>(),
                          "sluice::mapPartitions(f): f must return a batch, a range of records, or an optional one");
        }
    }

    template <class Up>
    static constexpr auto on(Up up, Counted<Box<MapPartitions>> const& op)
    {
        return MappedPartitions<Up, MapPartitions>{makeCounted<Box<Up>>(static_cast<Up&&>(up)), op};
    }
};

struct MapPartitionsFn : OperatorFnBase {
    template <class F>
    [[nodiscard]] constexpr auto operator()(F f, bool preservesPartitioning = false, CallSite at = CallSite::here()) const
    {
        return MapPartitions<F, false>{static_cast<F&&>(f), preservesPartitioning, at};
    }
};

}  // namespace detail

/// Turn every partition into another one, `mapPartitions(f, preservesPartitioning = false)`: f is called once for each, also for those that are empty, and may do there what
/// is done once for many records, such as opening a connection.
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
inline constexpr detail::MapPartitionsFn mapPartitions{};

}  // namespace sluice::inline SLUICE_ABI
