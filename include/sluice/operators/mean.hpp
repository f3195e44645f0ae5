#pragma once

#include <sluice/batch/rdd.hpp>

#include <cstdint>
#include <optional>

namespace sluice::inline SLUICE_ABI {

namespace detail {

/// Integers are added up exactly: 2^64 of them fit.
template <class T>
struct MeanSink {
    __extension__ using Total = std::conditional_t<std::is_integral_v<T>, __int128, double>;
    Total total = 0;
    std::int64_t count = 0;

    template <class R>
    constexpr bool operator()(R&& record)
    {
        total += static_cast<Total>(record);
        ++count;
        return true;
    }
};

struct Mean : ActionBase {
    Label label;

    template <class Up>
    using Result = double;

    template <class Up>
    static constexpr bool accepts = std::is_arithmetic_v<ValueOf<Up>>;

    template <class Up>
    static consteval void require()
    {
        static_assert(std::is_arithmetic_v<ValueOf<Up>>, "sluice::mean(): the records must be numbers: map them to numbers first");
    }

    static constexpr bool onNoRdd = true;

    template <class Up>
    constexpr std::optional<double> runInStream(Up const& up) const
    {
        using Sink = MeanSink<ValueOf<Up>>;
        PerPartition<Sink> parts{up.partitions()};
        forPartitions(up, [&](std::size_t p) {
            Sink sink;
            up.each(p, 0, sink);
            parts[p] = sink;
        });
        Sink all;
        for (std::size_t p = 0; p < parts.size(); ++p) {
            all.total += parts[p].total;
            all.count += parts[p].count;
        }
        if (all.count == 0) return std::nullopt;
        return static_cast<double>(all.total) / static_cast<double>(all.count);
    }

    template <class Up>
    constexpr double run(Up const& up) const
    {
        auto const mean = runInStream(up);
        if (!mean) throw InvalidArgument{"sluice::mean(): the batch is empty; stats() is there for empty ones too"};
        return *mean;
    }
};

struct MeanFn : OperatorFnBase {
    [[nodiscard]] constexpr auto operator()(CallSite at = CallSite::here()) const { return Mean{{}, {"mean", at}}; }
};

}  // namespace detail

/// The arithmetic mean of numbers, as `double`: their sum over their count. Integers are added exactly, floating point as
/// `double`, each partition in order, then the partitions in theirs; `stats()` is slower, and keeps more digits where the
/// sum is large.
///
/// Action. A batch without records: `InvalidArgument`. In a stream: a stream of one number a batch, in one partition; an
/// empty batch gives no record, *no RDD* stays none.
///
/// ```cpp
/// CHECK((rdd({1, 2, 4, 3}) | mean()) == 2.5);
/// ```
inline constexpr detail::MeanFn mean{};

}  // namespace sluice::inline SLUICE_ABI
