#pragma once

#include <sluice/operators/detail/action.hpp>

#include <cstdint>

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
    constexpr void merge(MeanSink const& other)
    {
        total += other.total;
        count += other.count;
    }
    [[nodiscard]] constexpr std::optional<double> value() const
    {
        if (count == 0) return std::nullopt;
        return static_cast<double>(total) / static_cast<double>(count);
    }
};

struct Mean : SinkAction<Mean>, Needs<need::Numbers> {
    using SinkAction::SinkAction;
    static constexpr char const* spelled = "mean";
    static constexpr char const* ifEmpty = "sluice::mean(): the batch is empty; stats() is there for empty ones too";
    template <class Up>
    using Sink = MeanSink<ValueOf<Up>>;
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
inline constexpr detail::Maker<detail::Mean> mean{};

}  // namespace sluice::inline SLUICE_ABI
