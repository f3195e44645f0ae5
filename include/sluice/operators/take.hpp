#pragma once

#include <sluice/batch/rdd.hpp>

#include <vector>

namespace sluice::inline SLUICE_ABI {

namespace detail {

template <class T>
struct TakeSink {
    std::vector<T>* records;
    std::size_t wanted;

    template <class R>
    constexpr bool operator()(R&& record)
    {
        records->push_back(own(static_cast<R&&>(record)));
        return records->size() < wanted;
    }
};

struct Take : ActionBase {
    std::size_t wanted;
    Label label;

    constexpr Take(std::size_t n, CallSite at) : wanted(n), label{"take", at} {}

    template <class Up>
    static constexpr bool accepts = canKeepRecord<RecordOf<Up>>;

    template <class Up>
    static consteval void require()
    {
        static_assert(mayOutlive<ValueOf<Up>>(),
                      "sluice::take(n): the records must not be views of a type that the library cannot own: "
                      "map them to one that owns what it shows, or specialise sluice::OwnedAs");
        if constexpr (canOwn<ValueOf<Up>>) {
            static_assert(canKeepRecord<RecordOf<Up>>,
                          "sluice::take(n): the records must be copyable, to be kept beyond the batch");
        }
    }

    template <class S>
    static consteval void misplaced()
    {
        static_assert(isRDD<S>,
                      "sluice::take(n): must stand behind a batch; in a stream write foreachRDD(f), "
                      "and in f: batch | take(n)");
    }

    template <class Up>
    constexpr auto run(Up const& up) const
    {
        using T = Owned<ValueOf<Up>>;
        std::vector<T> records;
        up.prepare();
        InlinePlace::run(
            up.partitions(), [&](std::size_t p) { return records.size() >= wanted || up.isEmpty(p); },
            [&](std::size_t p) {
                TakeSink<T> sink{&records, wanted};
                up.each(p, 0, sink);
            });
        return records;
    }
};

struct TakeFn : OperatorFnBase {
    [[nodiscard]] constexpr auto operator()(std::size_t n, CallSite at = CallSite::here()) const { return Take{n, at}; }
};

}  // namespace detail

/// The first n records in the order of partitions, or all where there are fewer, as an owning `std::vector`. Stops the
/// loop as soon as it has them; runs in the calling thread.
///
/// Action, on batches only: in a stream use `foreachRDD`. An empty batch gives an empty vector.
///
/// ```cpp
/// CHECK((rdd({1, 2, 3}) | take(2)) == std::vector{1, 2});
/// ```
inline constexpr detail::TakeFn take{};

}  // namespace sluice::inline SLUICE_ABI
