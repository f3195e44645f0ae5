#pragma once

#include <sluice/batch/any_rdd.hpp>
#include <sluice/operators/detail/one_partition.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

/// f(batch), or f(batch, partition).
template <class F, class Batch>
concept PartitionFunction =
    requires(F& f, Batch batch) { f(std::move(batch)); } || requires(F& f, Batch batch, std::size_t p) { f(std::move(batch), p); };

struct SharedByPartitions {
    template <class Up>
    static constexpr bool holds = std::is_copy_constructible_v<Up>;

    template <class Op, class Up>
    static consteval void explain()
    {
        static_assert(holds<Up>, "sluice::foreachPartition(f): the functions before it must be copyable: the partitions share them");
    }
};
template <class F>
struct TakesOnePartition {
    template <class Up>
    static constexpr bool holds = PartitionFunction<F const, PartitionOf<Up>>;

    template <class Op, class Up>
    static consteval void explain()
    {
        if constexpr (PartitionFunction<F, PartitionOf<Up>>) {
            static_assert(holds<Up>, "sluice: the function is called as const, by several threads at once: no mutable lambda");
        } else {
            static_assert(holds<Up>,
                          "sluice::foreachPartition(f): f must take a batch of one partition, as auto, or that and the "
                          "partition's number: f(batch) or f(batch, partition)");
        }
    }
};

template <class F>
struct ForeachPartition : ActionBase, Needs<SharedByPartitions, TakesOnePartition<F>> {
    [[no_unique_address]] F f;
    Label label;

    constexpr ForeachPartition(F fn, CallSite at) : f(std::move(fn)), label{"foreachPartition", at} {}

    template <class Up>
    constexpr void run(Up const& up) const
    {
        up.prepare();
        auto const whole = makeCounted<Box<Up>>(up);
        up.place().run(
            up.partitions(), [](std::size_t) { return false; },
            [&](std::size_t p) {
                runIn(label, [&] {
                    PartitionOf<Up> one{OnePartition<Up>{whole, p}};
                    if constexpr (requires { f(std::move(one), p); }) static_cast<void>(f(std::move(one), p));
                    else static_cast<void>(f(std::move(one)));
                });
            });
    }
};

}  // namespace detail

/// Do something with each partition: f(batch) or f(batch, partition), where batch is an RDD of that partition alone. It is
/// the place to open a connection once for many records.
///
/// Action, on batches only: in a stream use `foreachRDD`, or the output `writeTo`. f is called as const, once for each
/// partition, empty ones too, at the same time where there are workers; operators and actions on its batch run in that
/// thread. What f throws fails the batch, as a `StreamError` that names this operator.
///
/// ```cpp
/// std::vector<std::int64_t> sums;
/// rdd({1, 2, 3}, 3) | foreachPartition([&sums](auto batch) { sums.push_back(batch | sum()); });
/// CHECK(sums == std::vector<std::int64_t>{1, 2, 3});
/// ```
inline constexpr detail::FunctionMaker<detail::ForeachPartition> foreachPartition{};

}  // namespace sluice::inline SLUICE_ABI
