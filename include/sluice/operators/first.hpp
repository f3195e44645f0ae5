#pragma once

#include <sluice/operators/reduce.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

struct First : ActionBase {
    Label label;

    template <class Up>
    using Result = Owned<ValueOf<Up>>;

    template <class Up>
    static constexpr bool accepts = canReplaceRecord<RecordOf<Up>>;

    template <class Up>
    static consteval void require()
    {
        static_assert(mayOutlive<ValueOf<Up>>(),
                      "sluice::first(): the records must not be views of a type that the library cannot own: "
                      "map them to one that owns what it shows, or specialise sluice::OwnedAs");
        if constexpr (canOwn<ValueOf<Up>>) {
            static_assert(canReplaceRecord<RecordOf<Up>>,
                          "sluice::first(): the record must be copyable and assignable, to be kept beyond the batch");
        }
    }

    static constexpr bool onNoRdd = true;

    template <class Up>
    constexpr std::optional<Result<Up>> runInStream(Up const& up) const
    {
        FirstSink<Result<Up>> sink;
        up.prepare();
        InlinePlace::run(
            up.partitions(), [&](std::size_t p) { return sink.value || up.isEmpty(p); },
            [&](std::size_t p) { up.each(p, 0, sink); });
        return std::move(sink.value);
    }

    template <class Up>
    constexpr Result<Up> run(Up const& up) const
    {
        auto record = runInStream(up);
        if (!record) throw InvalidArgument{"sluice::first(): the batch is empty; use take(1)"};
        return *std::move(record);
    }
};

struct FirstFn : OperatorFnBase {
    [[nodiscard]] constexpr auto operator()(CallSite at = CallSite::here()) const { return First{{}, {"first", at}}; }
};

}  // namespace detail

/// The first record in the order of partitions; owned, so that it may outlive the batch: text comes as `std::string`.
/// Stops the loop as soon as it has it; runs in the calling thread.
///
/// Action. A batch without records: `InvalidArgument`. In a stream: a stream of one record a batch, in one partition;
/// an empty batch gives no record, *no RDD* stays none.
///
/// ```cpp
/// CHECK((rdd({1, 2, 3}) | filter([](int x) { return x > 1; }) | first()) == 2);
/// ```
inline constexpr detail::FirstFn first{};

}  // namespace sluice::inline SLUICE_ABI
