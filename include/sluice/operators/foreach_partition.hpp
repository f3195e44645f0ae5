#pragma once

#include <sluice/batch/any_rdd.hpp>
#include <sluice/operators/detail/one_partition.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

/// f(batch), or f(batch, partition).
template <class F, class Batch>
concept PartitionFunction =
    requires(F& f, Batch batch) { f(std::move(batch)); } || requires(F& f, Batch batch, std::size_t p) { f(std::move(batch), p); };
template <class F, class Batch>
inline constexpr bool takesPartition = PartitionFunction<F, Batch>;

template <class F>
struct ForeachPartition : ActionBase {
    [[no_unique_address]] F f;
    Label label;

    constexpr ForeachPartition(F fn, CallSite at) : f(static_cast<F&&>(fn)), label{"foreachPartition", at} {}

    template <class Up>
    static constexpr bool accepts = std::is_copy_constructible_v<Up> && PartitionFunction<F const, PartitionOf<Up>>;

    template <class Up>
    static consteval void require()
    {
        static_assert(std::is_copy_constructible_v<Up>,
                      "sluice::foreachPartition(f): the functions before it must be copyable: the partitions share them");
        if constexpr (std::is_copy_constructible_v<Up>) {
            static_assert(takesPartition<F const, PartitionOf<Up>> || !takesPartition<F, PartitionOf<Up>>,
                          "sluice::foreachPartition(f): f is called as const, by several threads at once: no mutable lambda");
            static_assert(takesPartition<F, PartitionOf<Up>>,
                          "sluice::foreachPartition(f): f must take a batch of one partition, as auto, or that and the "
                          "partition's number: f(batch) or f(batch, partition)");
        }
    }

    template <class S>
    static consteval void misplaced()
    {
        static_assert(isRDD<S>,
                      "sluice::foreachPartition(f): must stand behind a batch; in a stream write foreachRDD(g), "
                      "and in g: batch | foreachPartition(f)");
    }

    template <class Up>
    constexpr void run(Up const& up) const
    {
        up.prepare();
        auto const whole = makeCounted<Box<Up>>(up);
        up.place().run(up.partitions(), [](std::size_t) { return false; }, [&](std::size_t p) {
            try {
                PartitionOf<Up> one{OnePartition<Up>{whole, p}};
                if constexpr (requires { f(std::move(one), p); }) static_cast<void>(f(std::move(one), p));
                else static_cast<void>(f(std::move(one)));
            } catch (...) {
                failIn(label);
            }
        });
    }
};

struct ForeachPartitionFn : OperatorFnBase {
    template <class F>
    [[nodiscard]] constexpr auto operator()(F f, CallSite at = CallSite::here()) const
    {
        return ForeachPartition<F>{static_cast<F&&>(f), at};
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
inline constexpr detail::ForeachPartitionFn foreachPartition{};

}  // namespace sluice::inline SLUICE_ABI
